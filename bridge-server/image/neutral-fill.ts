import { filledAround } from './around.ts'
import { falloff, FALLOFF } from './fill.ts'
import type { Gray, Rgba } from './pixels.ts'

const GREY = 127.5

/** The picture with mid grey in `mask`; it sets in softly at the mask's edge, over `width` pixels; 0 is none. */
export const neutralFill = (picture: Rgba, mask: Gray, width = FALLOFF): Rgba =>
  filledAround(picture, mask, FALLOFF, (part, hole) => {
    const weights = falloff(hole, width)
    const out = Uint8ClampedArray.from(part.data)
    for (let i = 0, at = 0; i < weights.length; i++, at += 4)
      for (let c = at; c < at + 3; c++) out[c] = part.data[c]! + weights[i]! * (GREY - part.data[c]!)
    return { ...part, data: out }
  })
