import type { Rect, Size } from '../protocol/geometry.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { MapResize } from '../protocol/request.ts'
import type { Finish, Start, StartSettings } from './starts.ts'

/** A picture as it was sent: base64, with or without `data:…;base64,` before it, and the field in which it came. */
export interface Sent {
  readonly text: string
  readonly field: string
}

export type StoredStart = Start<ImageRef, ImageRef>
export type StoredFinish = Finish<ImageRef, ImageRef>

/** How a picture becomes a map: colours as they are; a mask from its brightness or alpha; the web UI's ways of resizing. */
interface Decode {
  readonly name: 'decode'
  readonly sent: Sent
  /** `gray`: brightness, or alpha where there is some. */
  readonly as: 'rgba' | 'gray'
  /** To this size, stretched; absent: its own. */
  readonly size?: Size
  /** Pixels of the shorter side; absent: its own. */
  readonly shortSide?: number
}

interface StartTask {
  readonly name: 'start'
  readonly picture: Sent
  readonly mask: Sent | null
  readonly settings: StartSettings
  readonly background: readonly [number, number, number]
}

interface Encode {
  readonly name: 'encode'
  readonly picture: ImageRef
  readonly finish: StoredFinish
  readonly text: Readonly<Record<string, string>>
  /** Whose colours what was made gets, before anything is laid over it; absent: it keeps its own. */
  readonly colors?: ImageRef
  /** Whether what a model made gets the invisible watermark. */
  readonly marked?: boolean
}

/** A map as a ControlNet will see it over `area`, for the answer. */
interface FitMap {
  readonly name: 'fit-map'
  readonly map: ImageRef
  readonly area: Size
  readonly resize: MapResize
}

/** Enlarged pictures, brought to one size, cut to another one and mixed. */
interface Blend {
  readonly name: 'blend'
  readonly pictures: readonly ImageRef[]
  readonly size: Size
  readonly cut: Size | null
  /** Share of the second picture. */
  readonly visibility: number
}

/** A picture on a background, at its own size. */
interface Flatten {
  readonly name: 'flatten'
  readonly sent: Sent
  readonly background: readonly [number, number, number]
}

/** A part of a picture, black where it lies outside. */
interface Cut {
  readonly name: 'cut'
  readonly picture: ImageRef
  readonly at: Rect
}

/** The tiles of a layout, row by row, laid together. */
interface Join {
  readonly name: 'join'
  readonly pictures: readonly ImageRef[]
  readonly rows: readonly (readonly Rect[])[]
  readonly size: Size
  readonly overlap: number
}

interface ReadInfo {
  readonly name: 'info'
  readonly sent: Sent
}

export type PictureTask = Decode | StartTask | Encode | FitMap | Blend | Flatten | Cut | Join | ReadInfo

/** What a file says of itself. */
export interface PictureInfo {
  /** The text of parameters; empty where there is none. */
  readonly info: string
  readonly items: Readonly<Record<string, string>>
}

export type PictureReply =
  | { readonly name: 'image'; readonly image: ImageRef }
  | { readonly name: 'start'; readonly start: StoredStart }
  /** Base64 of a PNG. */
  | { readonly name: 'file'; readonly file: string }
  | { readonly name: 'info'; readonly info: PictureInfo }
