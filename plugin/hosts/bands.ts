import type { Rect } from '#protocol/geometry.ts'
import type { BandedImage, RgbaImage } from './host.ts'

/** Most bytes of a band: 4 megapixels, which go through an editor's API and over the network in one piece each. */
export const BAND_BYTES = 16 * 1024 * 1024

/** `area` in full-width bands from the top, each of at most `maxBytes`, a single row where even that is more. */
export function bandsOf(area: Rect, bytesPerPixel: number, maxBytes = BAND_BYTES): readonly Rect[] {
  const rows = Math.max(1, Math.floor(maxBytes / (area.width * bytesPerPixel)))
  const bands: Rect[] = []
  for (let y = area.y; y < area.y + area.height; y += rows)
    bands.push({ ...area, y, height: Math.min(rows, area.y + area.height - y) })
  return bands
}

/** A picture that is in one buffer already. */
export const inOneBand = (image: RgbaImage): BandedImage => ({
  width: image.width,
  height: image.height,
  bands: [image]
})

/** The picture in one buffer, where something needs that; shares the bytes of a single band. */
export function joined({ width, height, bands }: BandedImage): RgbaImage {
  const [only] = bands
  if (only !== undefined && bands.length === 1) return only
  const data = new Uint8ClampedArray(width * height * 4)
  let at = 0
  for (const band of bands) {
    data.set(band.data, at)
    at += band.data.length
  }
  return { width, height, data }
}
