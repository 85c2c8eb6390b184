import type { Rect } from '#protocol/geometry.ts'
import type { RgbaImage } from '../host.ts'
import { pixelFormOf } from './documents.ts'
import type { Document, Imaging, Samples } from './photoshop-api.ts'
import { readBand, readOwn } from './read-pixels.ts'
import { shared } from './strips.ts'

/** What of a band the document shows already, and in which numbers. */
export interface Shown {
  /** 1 for each pixel of the band that is what the document shows there. */
  readonly same: Uint8Array<ArrayBuffer>
  readonly isAll: boolean
  /** The document's own numbers over the band, as a layer takes them. */
  readonly own: Samples
}

/**
 * Looks for the pixels of a band that the document shows already. Where reading rounds, their own numbers put them back exactly; a
 * conversion would round them once more, and cannot bring back a colour that sRGB has not. Null where reading is exact anyway,
 * where nothing is the same, and for a band that reaches beyond the canvas. Inside a modal scope.
 */
export async function findShown(
  imaging: Imaging,
  document: Document,
  area: Rect,
  band: RgbaImage
): Promise<Shown | null> {
  const inside = shared(area, { x: 0, y: 0, width: document.width, height: document.height })
  const isInside = inside?.width === area.width && inside.height === area.height
  if (pixelFormOf(document).isExact || !isInside) return null
  const same = samePixels(await readBand(imaging, document, area), band)
  if (!same.includes(1)) return null
  return { same, isAll: !same.includes(0), own: await readOwn(imaging, { document, area }) }
}

/** `converted` with the document's own numbers where they are known. Changes and returns it. */
export function withOwn(converted: Samples, { same, own }: Shown): Samples {
  const components = converted.length / same.length
  same.forEach((isSame, pixel) => {
    if (isSame === 0) return
    for (let at = pixel * components; at < (pixel + 1) * components; at++) converted[at] = own[at]!
  })
  return converted
}

/** What is transparent is never the same: its colour means nothing. */
function samePixels({ data: shown }: RgbaImage, { data: band }: RgbaImage): Uint8Array<ArrayBuffer> {
  const same = new Uint8Array(shown.length / 4)
  for (let pixel = 0, at = 0; pixel < same.length; pixel++, at += 4) {
    const isSame =
      shown[at] === band[at] &&
      shown[at + 1] === band[at + 1] &&
      shown[at + 2] === band[at + 2] &&
      shown[at + 3] === band[at + 3]
    if (isSame && band[at + 3] !== 0) same[pixel] = 1
  }
  return same
}
