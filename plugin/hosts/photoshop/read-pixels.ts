import type { Rect } from '#protocol/geometry.ts'
import { bandsOf } from '../bands.ts'
import type { BandedImage, RgbaImage } from '../host.ts'
import { pixelFormOf, type PixelForm } from './documents.ts'
import { messageOf } from './modal.ts'
import type { Bounds, Document, Imaging, ImageData, Layer, Samples } from './photoshop-api.ts'
import { copyToRgba, copyWithAlpha, emptySamples } from './samples.ts'
import { boundsOf, MAX_BUFFER, rectOf, shared } from './strips.ts'

/** Part of a strip that holds pixels, as Photoshop gave it. Gone when the visitor returns. */
interface Piece {
  readonly area: Rect
  readonly image: ImageData
}

/** What is read: all visible layers, or one of them; converted as the panel wants it, or in the document's own numbers. */
interface Source {
  readonly document: Document
  readonly area: Rect
  readonly layerID?: number
  readonly isOwn?: boolean
}

/**
 * Reads what is visible in an area in strips. Inside a modal scope. `visit` gets every piece that holds pixels, at most one a
 * strip; what it is not shown is transparent.
 */
async function visitStrips(
  imaging: Imaging,
  source: Source,
  visit: (piece: Piece, strip: Rect) => Promise<void>
): Promise<void> {
  const { document, area } = source
  const form = pixelFormOf(document)
  const canvas = { x: 0, y: 0, width: document.width, height: document.height }
  const inside = shared(area, canvas)
  if (inside === null) return
  // Alpha included, whether the document has it or not.
  const bytesPerPixel = (form.isGrey ? 2 : 4) * (form.depth / 8)
  for (const strip of bandsOf(inside, bytesPerPixel, MAX_BUFFER)) {
    const got = await readStrip(imaging, source, form, strip)
    if (got === null) continue
    try {
      const piece = rectOf(got.sourceBounds)
      if (piece !== null && got.imageData.width > 0 && got.imageData.height > 0)
        await visit({ area: piece, image: got.imageData }, strip)
    } finally {
      got.imageData.dispose()
    }
  }
}

/** Null where the strip holds no pixels. */
async function readStrip(
  imaging: Imaging,
  { document, layerID, isOwn = false }: Source,
  { colorSpace, colorProfile }: PixelForm,
  strip: Rect
): Promise<{ readonly imageData: ImageData; readonly sourceBounds: Bounds } | null> {
  if (!mayHoldPixels(document, strip)) return null
  try {
    return await imaging.getPixels({
      documentID: document.id,
      sourceBounds: boundsOf(strip),
      colorSpace,
      ...(layerID === undefined ? {} : { layerID }),
      ...(isOwn || colorProfile === undefined ? {} : { colorProfile })
    })
  } catch (error) {
    // What Photoshop says of a strip without pixels is not written down anywhere. All else that may go wrong here, a
    // cancel included, goes wrong again at the next call; a Background has pixels everywhere.
    if (hasVisibleBackground(document) || isKnownFailure(error)) throw error
    return null
  }
}

const isKnownFailure = (error: unknown): boolean =>
  /modal scope|cancel|Code: -1|no longer|not currently available/i.test(messageOf(error))

/** Layers that reach into the strip; a strip without any is not asked for. */
const mayHoldPixels = (document: Document, strip: Rect): boolean =>
  hasVisibleBackground(document) || document.layers.some((layer) => layer.visible && reaches(layer, strip))

function reaches(layer: Layer, strip: Rect): boolean {
  // A group's own bounds leave out fill layers, which reach everywhere.
  if (layer.kind !== 'pixel') return true
  const bounds = rectOf(layer.bounds)
  return bounds !== null && shared(bounds, strip) !== null
}

const hasVisibleBackground = ({ backgroundLayer }: Document): boolean =>
  backgroundLayer?.visible === true && backgroundLayer.opacity === 100

/** What a person sees in `area`, sRGB; transparent beyond the canvas. Inside a modal scope. */
export async function readFlattened(imaging: Imaging, document: Document, area: Rect): Promise<BandedImage> {
  const bands: RgbaImage[] = []
  for (const band of bandsOf(area, 4)) bands.push(await readBand(imaging, document, band))
  return { width: area.width, height: area.height, bands }
}

/** The same in one piece, for an area that is no larger than a band. */
export async function readBand(imaging: Imaging, document: Document, area: Rect): Promise<RgbaImage> {
  const { width, height } = area
  const into = { width, height, data: new Uint8ClampedArray(width * height * 4) }
  await visitStrips(imaging, { document, area }, async ({ area: piece, image }) => {
    const samples = await image.getData({ chunky: true })
    copyToRgba(samples, image, into, piece.x - area.x, piece.y - area.y)
  })
  return into
}

/**
 * A band in the document's own numbers and depth, always with alpha, as `putPixels` takes it; nothing but zeros where nothing is.
 * Inside a modal scope.
 */
export async function readOwn(
  imaging: Imaging,
  { document, area, layerID }: Pick<Source, 'document' | 'area' | 'layerID'>
): Promise<Samples> {
  const { isGrey, depth } = pixelFormOf(document)
  const components = isGrey ? 2 : 4
  const data = emptySamples(area.width * area.height * components, depth)
  const source = { document, area, isOwn: true, ...(layerID === undefined ? {} : { layerID }) }
  await visitStrips(imaging, source, async ({ area: piece, image }) => {
    const samples = await image.getData({ chunky: true })
    const into = { width: area.width, components, data }
    copyWithAlpha(samples, image, into, piece.x - area.x, piece.y - area.y)
  })
  return data
}

/** Smallest rectangle with every pixel of the canvas that is not opaque, or null. Inside a modal scope. */
export async function readEmptyBounds(imaging: Imaging, document: Document): Promise<Rect | null> {
  const canvas = { x: 0, y: 0, width: document.width, height: document.height }
  if (hasVisibleBackground(document)) return null
  const empty: Bounds[] = []
  const add = (bounds: Bounds) => empty.splice(0, 1, empty.reduce(hull, bounds))
  let seenTo = 0
  /** Rows from `seenTo` on of which nothing was shown. */
  const skipTo = (y: number) => {
    if (y > seenTo) add({ left: 0, top: seenTo, right: canvas.width, bottom: y })
  }
  await visitStrips(imaging, { document, area: canvas }, async ({ area, image }, strip) => {
    skipTo(strip.y)
    seenTo = strip.y + strip.height
    for (const gap of around(strip, area)) add(gap)
    const holes =
      image.components % 2 === 0 ? holesOf(await image.getData({ chunky: true }), image, area) : null
    if (holes !== null) add(holes)
  })
  skipTo(canvas.height)
  return empty[0] === undefined ? null : rectOf(empty[0])
}

/** The parts of `outer` that `inner` leaves free. */
function around(outer: Rect, inner: Rect): readonly Bounds[] {
  const [o, i] = [boundsOf(outer), boundsOf(inner)]
  return [
    { ...o, bottom: i.top },
    { ...o, top: i.bottom },
    { ...o, right: i.left },
    { ...o, left: i.right }
  ].filter((bounds) => rectOf(bounds) !== null)
}

function holesOf(
  samples: ArrayLike<number>,
  { width, height, components, componentSize }: ImageData,
  { x, y }: Rect
): Bounds | null {
  const opaque = componentSize === 8 ? 255 : 32768
  let [left, top, right, bottom] = [width, height, 0, 0]
  for (let row = 0, at = components - 1; row < height; row++)
    for (let column = 0; column < width; column++, at += components) {
      if (samples[at] === opaque) continue
      left = Math.min(left, column)
      right = Math.max(right, column + 1)
      top = Math.min(top, row)
      bottom = row + 1
    }
  return right === 0 ? null : { left: x + left, top: y + top, right: x + right, bottom: y + bottom }
}

const hull = (a: Bounds, b: Bounds): Bounds => ({
  left: Math.min(a.left, b.left),
  top: Math.min(a.top, b.top),
  right: Math.max(a.right, b.right),
  bottom: Math.max(a.bottom, b.bottom)
})
