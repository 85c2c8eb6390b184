import type { Rect, Size } from '#protocol/geometry.ts'
import type { Preview } from '../host.ts'
import type { CanvasDocument } from './document.ts'
import { areaOf, intersection, type Point } from './geometry.ts'
import type { History } from './history.ts'
import type { WandOptions } from './selection/wand.ts'
import type { View } from './view-transform.ts'

export type ToolName =
  | 'rectangle-marquee'
  | 'ellipse-marquee'
  | 'lasso'
  | 'wand'
  | 'brush'
  | 'eraser'
  | 'mask-brush'
  | 'move'
  | 'crop'
  | 'area'
  | 'hand'
  | 'zoom'

/** Opaque sRGB, 0…255 a channel. */
export type Colour = readonly [red: number, green: number, blue: number]

export interface BrushOptions {
  /** Diameter in document pixels. */
  readonly size: number
  /** 0 fades from the centre, 1 is full up to the rim. */
  readonly hardness: number
  /** Of a whole stroke, 0…1. */
  readonly opacity: number
}

/** What a gesture shows before it has changed anything. */
export type Sketch =
  | { readonly kind: 'rectangle' | 'ellipse'; readonly area: Rect }
  | { readonly kind: 'line'; readonly points: readonly Point[] }

/** What went wrong (or went on), for the person to read; and what they can do about it. */
export interface Notice {
  readonly kind: 'error' | 'info'
  readonly message: string
  readonly hint?: string
  /** Offers the way back to the document that was open before. */
  readonly offers?: 'reopen'
}

/** A document with its undo steps. */
interface Opened {
  readonly document: CanvasDocument
  readonly history: History
}

/** Everything the editor shows. `document` changes by whole steps only; `draft` is what a gesture has made of it so far. */
export interface EditorState {
  readonly document: CanvasDocument | null
  readonly draft: CanvasDocument | null
  readonly history: History
  /** What was open before, if there was work in it: to come back to. */
  readonly previous: Opened | null
  readonly tool: ToolName
  readonly brush: BrushOptions
  readonly foreground: Colour
  readonly background: Colour
  /** What the mask brush does. */
  readonly maskPaint: 'reveal' | 'hide'
  readonly wand: WandOptions
  /** Feather of selections yet to be drawn, in pixels. */
  readonly feather: number
  /** The canvas to be, while the crop tool is in hand. */
  readonly crop: Rect | null
  readonly sketch: Sketch | null
  /** What the model will see where no person chose; null: nobody told. */
  readonly automaticArea: Rect | null
  readonly view: View
  /** Of the canvas on the screen, in CSS pixels. */
  readonly viewport: Size
  readonly preview: Preview | null
  /** Ids of documents that something was made for: their results are worth coming back to. */
  readonly previewed: ReadonlySet<string>
  readonly notice: Notice | null
  readonly dialog: 'new' | 'shortcuts' | 'feather' | 'map' | null
}

/** What is on the screen now: the draft of a gesture, or the document. */
export const shownDocument = ({ draft, document }: EditorState): CanvasDocument | null => draft ?? document

/** What the model will see of the document on the screen: as a person chose, else automatic; null where nobody told. */
export function seenArea(state: EditorState): Rect | null {
  const document = shownDocument(state)
  if (document === null) return null
  if (document.area !== null) return document.area
  return state.automaticArea === null ? null : intersection(state.automaticArea, areaOf(document.canvas))
}
