import { planeOf, separable, type LineFilter } from './line-filter.ts'
import type { Gray } from './pixels.ts'

/** The maximum over a square of side 2 · radius + 1, as far as it lies in the picture. */
export function dilate({ width, height, data }: Gray, radius: number): Gray {
  if (radius === 0) return { width, height, data }
  const out = separable(planeOf(data), width, height, slidingMaximum(radius, Math.max(width, height)))
  return { width, height, data: new Uint8Array(out) }
}

/** The minimum over such a square, which is the maximum of the complement; the border does not erode. */
export const erode = (mask: Gray, radius: number): Gray => inverted(dilate(inverted(mask), radius))

const inverted = ({ width, height, data }: Gray): Gray => ({
  width,
  height,
  data: data.map((value) => 255 - value)
})

/**
 * Three comparisons a pixel whatever the radius: van Herk 1992 and Gil and Werman 1993. A window of 2r + 1 is the end of
 * one block and the start of the next, so running maxima to the right and to the left within blocks suffice.
 */
function slidingMaximum(radius: number, longest: number): LineFilter {
  const block = 2 * radius + 1
  const room = longest + 2 * radius + block
  const padded = new Float32Array(room)
  const forward = new Float32Array(room)
  const backward = new Float32Array(room)
  return (source, target, at, length) => {
    const total = Math.ceil((length + 2 * radius) / block) * block
    padded.fill(0, 0, total)
    padded.set(source.subarray(at, at + length), radius)
    for (let start = 0; start < total; start += block) {
      let most = 0
      for (let i = start; i < start + block; i++) forward[i] = most = Math.max(most, padded[i]!)
      most = 0
      for (let i = start + block - 1; i >= start; i--) backward[i] = most = Math.max(most, padded[i]!)
    }
    for (let i = 0; i < length; i++) target[at + i] = Math.max(backward[i]!, forward[i + 2 * radius]!)
  }
}
