import { dilate, erode } from './morphology.ts'
import { gaussianBlur } from './blur.ts'
import { membrane } from './membrane.ts'
import type { Gray, Rgba } from './pixels.ts'

/**
 * The picture with the colours at the border of `hole` (anything above 0) continued smoothly into it, opaque everywhere;
 * mid grey where there is nothing to continue. Known pixels keep their colours.
 */
export function borderFill({ width, height, data }: Rgba, hole: Gray): Rgba {
  const known = hole.data.map((value) => (value === 0 ? 1 : 0))
  const out = Uint8ClampedArray.from(data)
  const hasKnown = known.includes(1)
  for (let channel = 0; channel < 3; channel++) {
    const values = new Float32Array(width * height)
    for (let i = 0; i < values.length; i++) values[i] = data[4 * i + channel]!
    const filled = hasKnown ? membrane({ width, height, values, known }) : values.fill(127.5)
    for (let i = 0; i < filled.length; i++) if (known[i] === 0) out[4 * i + channel] = filled[i]!
  }
  for (let i = 3; i < out.length; i += 4) out[i] = 255
  return { width, height, data: out }
}

/** Width of the blur, and of the falloff in which it sets in, at most. */
const BLUR = 65
const FALLOFF = 9

/** The picture with everything in `mask` blurred, so that colours stay and shapes go; it sets in softly at the mask's edge. */
export function blurFill(image: Rgba, mask: Gray): Rgba {
  const { width, height, data } = image
  const inner = gaussianBlur(erode(mask, FALLOFF >> 1), FALLOFF >> 1, 0.3 * (FALLOFF - 1) + 0.8)
  const out = Uint8ClampedArray.from(data)
  for (let channel = 0; channel < 3; channel++) {
    const plane = new Uint8Array(width * height)
    for (let i = 0; i < plane.length; i++) plane[i] = data[4 * i + channel]!
    const soft = gaussianBlur({ width, height, data: plane }, BLUR >> 1, 0.3 * (BLUR - 1) + 0.8)
    for (let i = 0; i < plane.length; i++) {
      const weight = (inner.data[i]! / 255) * (mask.data[i]! / 255)
      out[4 * i + channel] = plane[i]! + weight * (soft.data[i]! - plane[i]!)
    }
  }
  return { width, height, data: out }
}

/** Where a fill belongs: the selection with the offset of its growth, without the feather. */
export const fillMask = (selection: Gray, grow: number, feather: number): Gray =>
  dilate(selection, Math.max(0, grow - Math.floor(feather / 2)))
