import { CodedError } from '../../client/coded-error.ts'
import type { Rect } from '#protocol/geometry.ts'
import { bandsOf } from '../bands.ts'
import type { NewLayer, RgbaImage } from '../host.ts'
import { pixelFormOf, type Documents } from './documents.ts'
import { putLayerMask, putSelection, type PlacedMask } from './layer-mask.ts'
import { findShown, withOwn } from './own-numbers.ts'
import type {
  Bounds,
  Document,
  ExecutionContext,
  Imaging,
  Layer,
  Photoshop,
  Samples
} from './photoshop-api.ts'
import { readOwn } from './read-pixels.ts'
import { readSelection, selectedArea } from './read-selection.ts'
import { layerSamples } from './samples.ts'

/**
 * Adds layers above the active one, the first lowest, as one step of the history; selection, active layers and what is
 * visible stay. Inside a modal scope; where it throws, Photoshop takes back what was done.
 */
export async function placeLayers(
  photoshop: Photoshop,
  documents: Documents,
  context: ExecutionContext,
  documentId: string,
  layers: readonly NewLayer[]
): Promise<void> {
  const { app } = photoshop
  const document = documents.find(documentId)
  for (const layer of layers) checkLayer(layer)
  pixelFormOf(document)
  const name = layers.length === 1 ? `Add “${layers[0]?.name ?? ''}”` : `Add ${layers.length} layers`
  const inFront = app.activeDocument
  if (inFront?.id !== document.id) app.activeDocument = document
  const suspension = await context.hostControl.suspendHistory({ documentID: document.id, name })
  const active = [...document.activeLayers]
  const selection = await takeSelection(photoshop, document)
  let below = topmost(document.layers, new Set(active.map(({ id }) => id)))
  for (const layer of layers) below = await placeLayer(photoshop, document, layer, below)
  await restoreSelection(photoshop, document, selection)
  document.activeLayers = active
  await context.hostControl.resumeHistory(suspension, true)
  if (inFront !== null && inFront.id !== document.id) app.activeDocument = inFront
}

/** A picture of another size than its area would be put askew. */
function checkLayer({ name, area, pixels, mask }: NewLayer): void {
  for (const image of mask === undefined ? [pixels] : [pixels, mask])
    if (image.width !== area.width || image.height !== area.height)
      throw new Error(
        `Layer “${name}” is ${area.width} × ${area.height} pixels, but its picture is ${image.width} × ${image.height}.`
      )
}

async function placeLayer(
  photoshop: Photoshop,
  document: Document,
  { name, area, pixels, mask }: NewLayer,
  below: Layer | null
): Promise<Layer> {
  const layer = await madeLayer(document, name)
  let y = area.y
  for (const band of pixels.bands) {
    await placeBand(photoshop, document, layer, {
      band,
      area: { ...area, y, height: band.height },
      isFirst: y === area.y
    })
    y += band.height
  }
  if (mask !== undefined) await putLayerMask(photoshop, document, layer.id, { area, mask })
  if (below !== null) layer.move(below, photoshop.constants.ElementPlacement.PLACEBEFORE)
  return layer
}

async function madeLayer(document: Document, name: string): Promise<Layer> {
  const layer = await document.createPixelLayer({ name })
  if (layer === null) throw new CodedError('host-busy', `Photoshop made no layer for “${name}”.`)
  return layer
}

interface PlacedBand {
  readonly band: RgbaImage
  readonly area: Rect
  readonly isFirst: boolean
}

/** Puts a band into a layer that has nothing there yet. */
async function placeBand(
  { imaging }: Photoshop,
  document: Document,
  layer: Layer,
  { band, area, isFirst }: PlacedBand
): Promise<void> {
  const { isGrey, depth } = pixelFormOf(document)
  const target = { document, layer, area, replace: isFirst }
  const shown = await findShown(imaging, document, area, band)
  if (shown?.isAll === true) return putSamples(imaging, target, shown.own, 'own')
  const samples = layerSamples(band, isGrey, depth)
  if (shown === null) return putSamples(imaging, target, samples, 'converted')
  // Only Photoshop converts as Photoshop does: a layer for a moment has the rest of the band in the document's numbers.
  const scratch = await madeLayer(document, layer.name)
  await putSamples(imaging, { ...target, layer: scratch, replace: true }, samples, 'converted')
  const converted = await readOwn(imaging, { document, area, layerID: scratch.id })
  scratch.delete()
  await putSamples(imaging, target, withOwn(converted, shown), 'own')
}

interface Target {
  readonly document: Document
  readonly layer: Layer
  readonly area: Rect
  /** How bands mix with what is in the layer does not matter: nothing is there. */
  readonly replace: boolean
}

/** `numbers` says whether the samples are the document's own, or such as the panel reads. */
async function putSamples(
  imaging: Imaging,
  { document, layer, area, replace }: Target,
  samples: Samples,
  numbers: 'own' | 'converted'
): Promise<void> {
  const { isGrey, colorSpace, colorProfile } = pixelFormOf(document)
  const imageData = await imaging.createImageDataFromBuffer(samples, {
    width: area.width,
    height: area.height,
    components: isGrey ? 2 : 4,
    colorSpace,
    ...(numbers === 'own' || colorProfile === undefined ? {} : { colorProfile }),
    chunky: true
  })
  try {
    await imaging.putPixels({
      documentID: document.id,
      layerID: layer.id,
      imageData,
      replace,
      targetBounds: { left: area.x, top: area.y }
    })
  } finally {
    imageData.dispose()
  }
}

/** The topmost of the layers with these ids, inside groups too. */
function topmost(layers: readonly Layer[], ids: ReadonlySet<number>): Layer | null {
  for (const layer of layers) {
    if (ids.has(layer.id)) return layer
    const inside = topmost(layer.layers ?? [], ids)
    if (inside !== null) return inside
  }
  return null
}

/** What was selected: a rectangle also beyond the canvas, anything else as masks, none of them a large buffer. */
type KeptSelection = { readonly rectangle: Bounds } | { readonly parts: readonly PlacedMask[] } | null

/** Deselects, and tells what was selected. */
async function takeSelection({ imaging }: Photoshop, document: Document): Promise<KeptSelection> {
  const { selection } = document
  const { bounds, solid } = selection
  if (bounds === null) return null
  const area = selectedArea(document)
  const { left, top, right, bottom } = bounds
  const kept =
    solid || area === null
      ? { rectangle: { left, top, right, bottom } }
      : { parts: await readInParts(imaging, document, area) }
  await selection.deselect()
  return kept
}

async function readInParts(
  imaging: Imaging,
  document: Document,
  whole: Rect
): Promise<readonly PlacedMask[]> {
  const parts: PlacedMask[] = []
  for (const area of bandsOf(whole, 1)) {
    const mask = await readSelection(imaging, document, area)
    parts.push({ area, mask })
  }
  return parts
}

async function restoreSelection(
  photoshop: Photoshop,
  document: Document,
  kept: KeptSelection
): Promise<void> {
  if (kept === null) return
  if ('rectangle' in kept)
    await document.selection.selectRectangle(kept.rectangle, photoshop.constants.SelectionType.REPLACE)
  else await putSelection(photoshop, document, kept.parts)
}
