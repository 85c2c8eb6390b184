import { filledAround, madeAround } from './around.ts'
import { gaussianBlur } from './blur.ts'
import { planeOf } from './line-filter.ts'
import { membrane } from './membrane.ts'
import { dilate, erode } from './morphology.ts'
import type { Gray, Rgba } from './pixels.ts'
import { wideBlur } from './wide-blur.ts'

/** Pixels around a hole whose colours are continued into it. */
const BORDER = 64

/**
 * The picture with the colours at the border of `hole` (anything above 0) continued smoothly into it, and opaque there; mid grey
 * where there is nothing to continue. Known pixels stay as they are.
 */
export const borderFill = (picture: Rgba, hole: Gray): Rgba =>
  filledAround(picture, hole, BORDER, ({ width, height, data }, part) => {
    const known = part.data.map((value) => (value === 0 ? 1 : 0))
    const out = Uint8ClampedArray.from(data)
    const hasKnown = known.includes(1)
    for (let channel = 0; channel < 3; channel++) {
      const values = channelOf(data, channel)
      const filled = hasKnown ? membrane({ width, height, values, known }) : values.fill(127.5)
      for (let i = 0; i < filled.length; i++) if (known[i] === 0) out[4 * i + channel] = filled[i]!
    }
    for (let i = 0; i < known.length; i++) if (known[i] === 0) out[4 * i + 3] = 255
    return { width, height, data: out }
  })

function channelOf(data: Uint8ClampedArray, channel: number): Float32Array {
  const values = new Float32Array(data.length / 4)
  for (let i = 0; i < values.length; i++) values[i] = data[4 * i + channel]!
  return values
}

/** Width of the blur, and of the falloff in which a fill sets in, at most. */
const BLUR = 65
export const FALLOFF = 9

/** OpenCV's rule for a Gaussian of this width. */
const deviation = (width: number): number => 0.3 * (width - 1) + 0.8

/** How much of a fill there is, 0…1: it sets in at the mask's edge over `width` pixels. */
export function falloff(mask: Gray, width: number): Float32Array {
  const half = width >> 1
  const inner = madeAround(mask, width, (part) => gaussianBlur(erode(part, half), half, deviation(width)))
  const weights = planeOf(inner.data)
  for (let i = 0; i < weights.length; i++) weights[i] = (weights[i]! / 255) * (mask.data[i]! / 255)
  return weights
}

/** The picture with everything in `mask` blurred, so that colours stay and shapes go; it sets in softly at the mask's edge. */
export const blurFill = (picture: Rgba, mask: Gray): Rgba =>
  filledAround(picture, mask, BLUR, ({ width, height, data }, part) => {
    const weights = falloff(part, FALLOFF)
    const out = Uint8ClampedArray.from(data)
    for (let channel = 0; channel < 3; channel++) {
      const kernel = { radius: BLUR >> 1, sigma: deviation(BLUR) }
      const soft = wideBlur(channelOf(data, channel), { width, height }, kernel)
      for (let i = 0, at = channel; i < soft.length; i++, at += 4)
        if (weights[i] !== 0) out[at] = data[at]! + weights[i]! * (soft[i]! - data[at]!)
    }
    return { width, height, data: out }
  })

/** Where a fill belongs: the selection with the offset of its growth, without the feather. */
export function fillMask(selection: Gray, grow: number, feather: number): Gray {
  const radius = Math.max(0, grow - Math.floor(feather / 2))
  return madeAround(selection, radius, (part) => dilate(part, radius))
}
