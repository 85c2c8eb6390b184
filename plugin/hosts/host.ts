import type { DigitalSource } from '#image/provenance.ts'
import type { Point, Rect, Size } from '#protocol/geometry.ts'
import type { ControlKind, ControlMode, MapResize } from '#protocol/request.ts'

/** Straight (not premultiplied) RGBA, 8 bits a channel, sRGB. */
export interface RgbaImage {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray<ArrayBuffer>
}

/** A picture in full-width bands from the top (see bands.ts), so that none of its buffers need be large. */
export interface BandedImage {
  readonly width: number
  readonly height: number
  readonly bands: readonly RgbaImage[]
}

/** One byte a pixel: 0 outside, 255 inside. */
export interface MaskImage {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array<ArrayBuffer>
}

export interface HostDocument {
  readonly id: string
  readonly name: string
  readonly canvas: Size
  /**
   * Where the canvas' corner lies in coordinates that stay as they are when the canvas is cropped or extended; absent
   * where the editor cannot tell.
   */
  readonly origin?: Point
  /** What a person chose that the model is to see, inside the canvas; absent: the panel chooses. */
  readonly area?: Rect
  /** How many ControlNets guide what is made; absent: none. */
  readonly controls?: number
}

/** How a model made what a layer shows. */
export interface Making {
  /** In the web UI's words, as in the PNG text `parameters`; null: nobody knows. */
  readonly parameters: string | null
  readonly source: DigitalSource
}

/** A layer to be made. `mask` covers the same area as `pixels` and becomes a real layer mask. */
export interface NewLayer {
  readonly name: string
  readonly area: Rect
  readonly pixels: BandedImage
  readonly mask?: MaskImage
  /** Absent: it is no picture of a model. An editor that writes pictures itself says it in them. */
  readonly made?: Making
}

/** Pixels shown over the document without becoming part of it. `pixels` is stretched over `area`; `mask` too. */
export interface Preview {
  readonly documentId: string
  readonly area: Rect
  readonly pixels: RgbaImage
  readonly mask?: MaskImage
}

/** A ControlNet, and the map in the document that it follows; protocol/request.ts has the units. */
export interface HostControl {
  /** Its name in the catalogue. */
  readonly model: string
  readonly weight: number
  readonly start: number
  readonly end: number
  readonly mode: ControlMode
  /** Of the asked area, or of any size where `resize` says how it comes to it; transparent counts as black. */
  readonly pixels: RgbaImage
  readonly resize?: MapResize
  /** What the map shows, for a ControlNet of several kinds. */
  readonly kind?: ControlKind
  /** Where in the asked area it acts, and how much; absent: everywhere. */
  readonly mask?: MaskImage
}

/**
 * The image editor the panel lives in. The panel knows no other way to read or change a document;
 * to support another editor, implement this and run tests/plugin/hosts/host-contract.ts against it.
 * Rectangles are document pixels. Nothing here shows a dialog, and "nothing selected" is null, not an error.
 */
export interface Host {
  readonly name: string
  /** The open document, or null. */
  document(): Promise<HostDocument | null>
  /** The smallest rectangle of the canvas with all that is selected, or null; quick, for it is asked at every change. */
  selectionBounds(): Promise<Rect | null>
  /** The selection inside the canvas: its bounds and a soft mask of their size, or null where nothing is selected. */
  selection(): Promise<{ readonly bounds: Rect; readonly mask: MaskImage } | null>
  /** What the model is to see in `area` at one moment: visible layers flattened, but for those kept from it; transparent where the canvas is empty. */
  flatten(area: Rect): Promise<BandedImage>
  /** The ControlNets that guide what is made in `area`, with their maps there; none in an editor without such layers. */
  controls(area: Rect): Promise<readonly HostControl[]>
  /** Bounds of the canvas that hold no or only partly opaque pixels, or null where every pixel is opaque. */
  emptyBounds(): Promise<Rect | null>
  /** Adds layers above the active one as one undo step, first is lowest. Throws when the document is no longer open. */
  insertLayers(documentId: string, layers: readonly NewLayer[]): Promise<void>
  /** Why a picture of this size could not be opened as a document, as a sentence with the numbers; null: it can. Absent: any can. */
  openProblem?(size: Size): string | null
  /** Opens a layer as a document of its own, of the layer's size. The one that is open loses nothing. */
  openDocument(name: string, layer: NewLayer): Promise<void>
  /**
   * Shows what the model will see where no person chooses (`HostDocument.area`), so that they can; null: nothing is to be shown.
   * Absent in an editor that cannot.
   */
  showArea?(area: Rect | null): void
  /** Makes `area`, inside the canvas, what a person chose that the model is to see (null: nothing is chosen), as one undo step. As `showArea`. */
  chooseArea?(area: Rect | null): void
  /** Shows pixels over the document, or takes them away. Never an undo step. */
  showPreview(preview: Preview | null): void
  /** Calls back when the document, its size, its pixels or its selection changes; returns the way to stop. */
  watch(changed: () => void): () => void
}
