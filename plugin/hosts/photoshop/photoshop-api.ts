/**
 * The members of `require('photoshop')` (26.0) that Marquee calls, and no others: the simulator of the tests implements
 * exactly these, so that nothing is used that nobody has thought about. Typed from Adobe's reference, not from the
 * packages on npm, which are wrong about images.
 */
export interface Photoshop {
  readonly app: App
  readonly core: Core
  readonly action: Action
  readonly imaging: Imaging
  readonly constants: Constants
}

export interface App {
  activeDocument: Document | null
  readonly documents: readonly Document[]
  createDocument(options: {
    readonly name: string
    readonly width: number
    readonly height: number
    readonly resolution: number
    readonly mode: string
    readonly fill: string
    readonly depth: number
    readonly profile: string
  }): Promise<Document>
}

/** Document pixels; right and bottom are exclusive. */
export interface Bounds {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export interface Document {
  readonly id: number
  readonly name: string
  /** Of a document that was never saved: nothing, or its name. */
  readonly path: string
  readonly width: number
  readonly height: number
  readonly mode: string
  readonly bitsPerChannel: string
  readonly colorProfileName: string
  readonly colorProfileType: string
  readonly quickMaskMode: boolean
  readonly activeHistoryState: { readonly id: number }
  readonly selection: Selection
  readonly layers: readonly Layer[]
  activeLayers: readonly Layer[]
  readonly backgroundLayer: Layer | null
  createPixelLayer(options: { readonly name: string }): Promise<Layer | null>
  resizeCanvas(width: number, height: number, anchor: string): Promise<void>
  closeWithoutSaving(): void
}

export interface Layer {
  readonly id: number
  readonly name: string
  readonly kind: string
  readonly visible: boolean
  /** Percent. */
  readonly opacity: number
  /** With effects; may lie beyond the canvas. */
  readonly bounds: Bounds
  readonly isBackgroundLayer: boolean
  /** Of groups only. */
  readonly layers: readonly Layer[] | null
  move(relative: Layer, placement: string): void
  delete(): void
}

export interface Selection {
  /** Null where nothing is selected; may reach beyond the canvas. */
  readonly bounds: Bounds | null
  /** The selection is exactly its bounds. */
  readonly solid: boolean
  selectRectangle(bounds: Bounds, mode: string): Promise<void>
  deselect(): Promise<void>
}

export interface ExecutionContext {
  readonly isCancelled: boolean
  readonly hostControl: {
    suspendHistory(options: { readonly documentID: number; readonly name: string }): Promise<unknown>
    resumeHistory(suspension: unknown, commit: boolean): Promise<void>
    registerAutoCloseDocument(documentId: number): Promise<void>
    unregisterAutoCloseDocument(documentId: number): Promise<void>
  }
}

export interface Core {
  executeAsModal<T>(
    work: (context: ExecutionContext) => Promise<T>,
    options: { readonly commandName: string; readonly timeOut?: number }
  ): Promise<T>
  suppressResizeGripper(options: {
    readonly type: 'panel'
    readonly target: string
    readonly value: boolean
  }): Promise<void>
}

export type Descriptor = Readonly<Record<string, unknown>>

export interface Action {
  batchPlay(
    commands: readonly Descriptor[],
    options: Readonly<Record<string, never>>
  ): Promise<readonly Descriptor[]>
  addNotificationListener(events: readonly string[], listener: () => void): Promise<void>
  removeNotificationListener(events: readonly string[], listener: () => void): Promise<void>
}

export type Samples = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>
export type ColorSpace = 'RGB' | 'Grayscale'

/** Memory of Photoshop's own; whoever gets one disposes of it. */
export interface ImageData {
  readonly width: number
  readonly height: number
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; alpha is straight. */
  readonly components: number
  /** Bits: 8 (0…255), 16 (0…32768) or 32 (float). */
  readonly componentSize: number
  getData(options: { readonly chunky: boolean }): Promise<Samples>
  dispose(): void
}

interface Region {
  readonly documentID: number
  readonly sourceBounds: Bounds
}

interface Placed {
  readonly imageData: ImageData
  /** The part of the region that holds pixels. */
  readonly sourceBounds: Bounds
}

interface Target {
  readonly documentID: number
  readonly imageData: ImageData
  /** True throws away everything that was there, also outside of the image. */
  readonly replace: boolean
  readonly targetBounds: { readonly left: number; readonly top: number }
}

export interface Imaging {
  getPixels(
    options: Region & {
      readonly layerID?: number
      readonly colorSpace?: ColorSpace
      readonly colorProfile?: string
      readonly componentSize?: 8
    }
  ): Promise<Placed>
  putPixels(options: Target & { readonly layerID: number }): Promise<void>
  getLayerMask(options: Region & { readonly layerID: number }): Promise<Placed>
  putLayerMask(options: Target & { readonly layerID: number }): Promise<void>
  getSelection(options: Region): Promise<Placed>
  putSelection(options: Target): Promise<void>
  createImageDataFromBuffer(
    samples: Samples,
    options: {
      readonly width: number
      readonly height: number
      readonly components: number
      readonly colorSpace: ColorSpace
      readonly colorProfile?: string
      readonly chunky: boolean
    }
  ): Promise<ImageData>
  encodeImageData(options: { readonly imageData: ImageData; readonly base64: true }): Promise<string>
}

export interface Constants {
  readonly ElementPlacement: { readonly PLACEBEFORE: string }
  readonly AnchorPosition: { readonly TOPLEFT: string; readonly BOTTOMRIGHT: string }
  readonly SelectionType: { readonly REPLACE: string }
  readonly NewDocumentMode: { readonly RGB: string; readonly GRAYSCALE: string }
  readonly DocumentFill: { readonly TRANSPARENT: string }
}
