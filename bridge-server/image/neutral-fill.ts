import { gaussianBlur } from './blur.ts'
import { erode } from './morphology.ts'
import type { Gray, Rgba } from './pixels.ts'

/** Width of the falloff in which the grey sets in. */
const FALLOFF = 9
const GREY = 127.5

/** The picture with mid grey in `mask`; it sets in softly at the mask's edge, over `falloff` pixels; 0 is none. */
export function neutralFill({ width, height, data }: Rgba, mask: Gray, falloff = FALLOFF): Rgba {
  const inner = gaussianBlur(erode(mask, falloff >> 1), falloff >> 1, 0.3 * (falloff - 1) + 0.8)
  const out = Uint8ClampedArray.from(data)
  for (let i = 0, at = 0; i < inner.data.length; i++, at += 4) {
    const weight = (inner.data[i]! / 255) * (mask.data[i]! / 255)
    for (let c = at; c < at + 3; c++) out[c] = data[c]! + weight * (GREY - data[c]!)
  }
  return { width, height, data: out }
}
