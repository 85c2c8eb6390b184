import type { Rect } from '#protocol/geometry.ts'
import { CodedError } from '../../client/coded-error.ts'
import { bandsOf } from '../bands.ts'
import type { MaskImage } from '../host.ts'
import { pixelFormOf } from './documents.ts'
import type { Bounds, Document, ImageData, Imaging } from './photoshop-api.ts'
import { copyToMask } from './samples.ts'
import { boundsOf, MAX_BUFFER, rectOf, shared } from './strips.ts'

/** Bounds of the selection in whole pixels of the canvas, or null. Needs no modal scope. */
export function selectedArea(document: Document): Rect | null {
  const bounds = document.selection.bounds
  const area = bounds === null ? null : rectOf(bounds)
  return area === null ? null : shared(area, { x: 0, y: 0, width: document.width, height: document.height })
}

/** Throws CodedError 'too-large' where a mask of the area, one byte a pixel, would be a larger buffer than any may be. */
export function checkMaskSize({ width, height }: Rect): void {
  if (width * height <= MAX_BUFFER) return
  throw new CodedError(
    'too-large',
    `The selection is ${width} × ${height} pixels, ${Math.ceil((width * height) / 1024 / 1024)} megapixels.`,
    `Select a part with at most ${MAX_BUFFER / 1024 / 1024} megapixels, or nothing for the whole picture.`
  )
}

/** How much of each pixel of `area` is selected. Inside a modal scope; something of the document must be selected. */
export function readSelection(imaging: Imaging, document: Document, area: Rect): Promise<MaskImage> {
  return readMask(document, area, (sourceBounds) =>
    imaging.getSelection({ documentID: document.id, sourceBounds })
  )
}

/** A layer's own mask. Inside a modal scope. */
export function readLayerMask(
  imaging: Imaging,
  document: Document,
  layerID: number,
  area: Rect
): Promise<MaskImage> {
  return readMask(document, area, (sourceBounds) =>
    imaging.getLayerMask({ documentID: document.id, layerID, sourceBounds })
  )
}

async function readMask(
  document: Document,
  area: Rect,
  read: (bounds: Bounds) => Promise<{ readonly imageData: ImageData; readonly sourceBounds: Bounds }>
): Promise<MaskImage> {
  const { width, height } = area
  const into = { width, height, data: new Uint8Array(width * height) }
  for (const strip of bandsOf(area, pixelFormOf(document).depth / 8, MAX_BUFFER)) {
    const { imageData, sourceBounds } = await read(boundsOf(strip))
    try {
      // Only the part where something is selected may come.
      const samples = await imageData.getData({ chunky: true })
      copyToMask(samples, imageData, into, sourceBounds.left - area.x, sourceBounds.top - area.y)
    } finally {
      imageData.dispose()
    }
  }
  return into
}
