import { separable, type LineFilter, type Plane } from './line-filter.ts'
import type { Gray } from './pixels.ts'

/** The maximum over a square of side 2 · radius + 1, as far as it lies in the picture. */
export const dilate = (mask: Gray, radius: number): Gray => overSquare(mask, radius, (value) => value)

/** The minimum over such a square; the border does not erode. */
export const erode = (mask: Gray, radius: number): Gray => overSquare(mask, radius, (value) => 255 - value)

/** A minimum is the maximum of the complement. */
function overSquare({ width, height, data }: Gray, radius: number, turned: (value: number) => number): Gray {
  if (radius === 0) return { width, height, data }
  const plane = Float32Array.from(data, turned)
  const out = separable(plane, width, height, slidingMaximum(radius, Math.max(width, height)))
  return { width, height, data: Uint8Array.from(out, turned) }
}

/**
 * Three comparisons a pixel whatever the radius: van Herk 1992 and Gil and Werman 1993. A window of 2r + 1 is the end of
 * one block and the start of the next, so running maxima to the right and to the left within blocks suffice.
 */
function slidingMaximum(radius: number, longest: number): LineFilter {
  const block = 2 * radius + 1
  const room = longest + 2 * radius + block
  const [forward, backward]: [Plane, Plane] = [new Float32Array(room), new Float32Array(room)]
  return (source, target, at, length) => {
    const total = Math.ceil((length + 2 * radius) / block) * block
    const value = (i: number): number => (i < radius || i >= length + radius ? 0 : source[at + i - radius]!)
    for (let i = 0; i < total; i++)
      forward[i] = i % block === 0 ? value(i) : Math.max(forward[i - 1]!, value(i))
    for (let i = total - 1; i >= 0; i--)
      backward[i] = i % block === block - 1 ? value(i) : Math.max(backward[i + 1]!, value(i))
    for (let i = 0; i < length; i++) target[at + i] = Math.max(backward[i]!, forward[i + block - 1]!)
  }
}
