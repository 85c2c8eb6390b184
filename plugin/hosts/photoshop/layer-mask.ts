import type { Rect } from '#protocol/geometry.ts'
import { CodedError } from '../../client/coded-error.ts'
import { bandsOf } from '../bands.ts'
import type { MaskImage } from '../host.ts'
import { deleteMask, getHasMask, makeMask, play, selectLayer } from './descriptors.ts'
import { pixelFormOf } from './documents.ts'
import type { Document, ImageData, Photoshop } from './photoshop-api.ts'
import { readLayerMask } from './read-selection.ts'
import { maskSamples, type Depth } from './samples.ts'
import { MAX_BUFFER, shared } from './strips.ts'

/** Masks are grey whatever the document is. */
const MASK_PROFILE = 'Gray Gamma 2.2'

/** A mask and where in the document it lies; 0 everywhere else. */
export interface PlacedMask {
  readonly area: Rect
  readonly mask: MaskImage
}

/**
 * Gives a layer a real user mask. What Photoshop made is read back: some versions write blocks of zeros as white, and which
 * depths a mask may be written in is not documented. The last resort goes by the selection, which must be restored
 * by the caller. Inside a modal scope, in the active document.
 */
export async function putLayerMask(
  photoshop: Photoshop,
  document: Document,
  layerId: number,
  placed: PlacedMask
): Promise<void> {
  const { depth } = pixelFormOf(document)
  for (const attempt of depth === 8 ? ([8] as const) : ([16, 8] as const)) {
    try {
      await putMask(photoshop, document, [placed], attempt, (target) =>
        photoshop.imaging.putLayerMask({ ...target, documentID: document.id, layerID: layerId })
      )
      if (await isKept(photoshop, document, layerId, placed)) return
    } catch {
      // The next way may work; the last one lets its error through. After a cancel all of them throw.
    }
  }
  await maskBySelection(photoshop, document, layerId, placed)
  if (await isKept(photoshop, document, layerId, placed)) return
  throw new CodedError('host-busy', 'Photoshop did not keep the mask of the new layer as it was given.')
}

/** Selects as much of each pixel as the masks say, which do not overlap. Inside a modal scope. */
export function putSelection(
  photoshop: Photoshop,
  document: Document,
  parts: readonly PlacedMask[]
): Promise<void> {
  return putMask(photoshop, document, parts, 8, (target) =>
    photoshop.imaging.putSelection({ ...target, documentID: document.id })
  )
}

interface MaskTarget {
  readonly imageData: ImageData
  readonly replace: boolean
  readonly targetBounds: { readonly left: number; readonly top: number }
}

/** Always all of the canvas: what lies beside a smaller mask is not documented. */
async function putMask(
  { imaging }: Photoshop,
  { width, height }: Document,
  parts: readonly PlacedMask[],
  depth: Depth,
  put: (target: MaskTarget) => Promise<void>
): Promise<void> {
  const strips = bandsOf({ x: 0, y: 0, width, height }, depth / 8, MAX_BUFFER)
  for (const [index, strip] of strips.entries()) {
    const imageData = await imaging.createImageDataFromBuffer(maskSamples(maskIn(strip, parts), depth), {
      width: strip.width,
      height: strip.height,
      components: 1,
      colorSpace: 'Grayscale',
      colorProfile: MASK_PROFILE,
      chunky: true
    })
    try {
      await put({ imageData, replace: index === 0, targetBounds: { left: strip.x, top: strip.y } })
    } finally {
      imageData.dispose()
    }
  }
}

async function maskBySelection(
  photoshop: Photoshop,
  document: Document,
  layerId: number,
  placed: PlacedMask
): Promise<void> {
  const { action } = photoshop
  await play(action, selectLayer(layerId))
  const [reply] = await play(action, getHasMask(layerId))
  if (reply?.hasUserMask === true) await play(action, deleteMask)
  const area = shared(placed.area, { x: 0, y: 0, width: document.width, height: document.height })
  // Selecting nothing is no selection at all, and a mask made from none shows everything.
  if (area === null || maskIn(area, [placed]).every((value) => value === 0))
    await play(action, makeMask('hideAll'))
  else {
    await putSelection(photoshop, document, [placed])
    await play(action, makeMask('revealSelection'))
    await document.selection.deselect()
  }
}

async function isKept(
  { imaging }: Photoshop,
  document: Document,
  layerId: number,
  placed: PlacedMask
): Promise<boolean> {
  const area = shared(placed.area, { x: 0, y: 0, width: document.width, height: document.height })
  if (area === null) return true
  const wanted = maskIn(area, [placed])
  const { data } = await readLayerMask(imaging, document, layerId, area)
  // One level for a change of depth; a bug is further off.
  return wanted.every((value, at) => Math.abs(value - (data[at] ?? 0)) <= 1)
}

/** The masks as seen in `area`. */
function maskIn(area: Rect, parts: readonly PlacedMask[]): Uint8Array {
  const data = new Uint8Array(area.width * area.height)
  for (const { area: own, mask } of parts) {
    const both = shared(area, own)
    if (both === null) continue
    for (let y = both.y; y < both.y + both.height; y++) {
      const from = (y - own.y) * own.width + both.x - own.x
      data.set(mask.data.subarray(from, from + both.width), (y - area.y) * area.width + both.x - area.x)
    }
  }
  return data
}
