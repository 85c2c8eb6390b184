import { membrane } from './membrane.ts'
import type { Gray, Rgba } from './pixels.ts'

/**
 * `generated` without a step where it meets what is kept of `original` (pixels that are opaque there and 0 in `mask`).
 * At that border the difference of the two is known; a membrane carries it into the picture and lets it fall to nothing over
 * `reach` pixels (after Pérez, Gangnet and Blake 2003, "Poisson image editing"). At the border the result is the original.
 */
export function withoutSeam(generated: Rgba, original: Rgba, mask: Gray, reach: number): Rgba {
  const { width, height } = generated
  const known = borderOf(original, mask)
  if (!known.includes(1)) return generated
  const data = Uint8ClampedArray.from(generated.data)
  for (let channel = 0; channel < 3; channel++) {
    const values = new Float32Array(width * height)
    for (let i = 0; i < values.length; i++)
      values[i] = original.data[4 * i + channel]! - generated.data[4 * i + channel]!
    const correction = membrane({ width, height, values, known }, reach)
    for (let i = 0; i < correction.length; i++)
      data[4 * i + channel] = generated.data[4 * i + channel]! + correction[i]!
  }
  return { width, height, data }
}

/** 1 at kept pixels that touch one that is not kept. */
function borderOf(original: Rgba, mask: Gray): Uint8Array {
  const { width, height, data } = mask
  const isKept = (i: number): boolean => data[i] === 0 && original.data[4 * i + 3] === 255
  const border = new Uint8Array(width * height)
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const touches =
        (x > 0 && !isKept(i - 1)) ||
        (x + 1 < width && !isKept(i + 1)) ||
        (y > 0 && !isKept(i - width)) ||
        (y + 1 < height && !isKept(i + width))
      if (touches && isKept(i)) border[i] = 1
    }
  return border
}
