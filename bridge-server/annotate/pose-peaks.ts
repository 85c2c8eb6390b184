import { gaussianPlane } from '../image/blur.ts'
import { interpolated } from '../image/interpolate.ts'
import type { Tensor } from '../image/pixels.ts'
import type { Size } from '../protocol/geometry.ts'
import { partNames } from './pose-body.ts'

/** Where a part of some body is, in pixels of what the network saw, and how sure that is. */
export interface Peak {
  readonly x: number
  readonly y: number
  readonly score: number
}

/** Pixels that the network makes one of. */
export const STRIDE = 8
/** Smoothing before peaks are looked for, in pixels; the published 3 pixels are those of a picture about three times as large. */
const SIGMA = 1
const LEAST = 0.1

/** For each part the places [1, 19, h/8, w/8] where it is likeliest, within `size`. */
export function peaksIn({ data, dims }: Tensor, size: Size): readonly (readonly Peak[])[] {
  const [, , h = 0, w = 0] = dims
  const padded = { width: STRIDE * w, height: STRIDE * h }
  return partNames.map((_, part) => {
    const plane = { data: data.subarray(part * w * h, (part + 1) * w * h), dims: [1, 1, h, w] }
    const map = interpolated(plane, padded, 'bicubic').data
    const smooth = gaussianPlane(map, padded, { radius: 4 * SIGMA, sigma: SIGMA })
    return maxima(smooth, padded.width, size).map((i) => ({
      x: i % padded.width,
      y: Math.floor(i / padded.width),
      score: map[i]!
    }))
  })
}

/** Indices of what is not less than its four neighbours, and likely enough. */
function maxima(map: Float32Array, stride: number, { width, height }: Size): readonly number[] {
  const found: number[] = []
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * stride + x
      const here = map[i]!
      if (here <= LEAST) continue
      const around = [
        x > 0 ? map[i - 1]! : 0,
        x < width - 1 ? map[i + 1]! : 0,
        y > 0 ? map[i - stride]! : 0,
        y < height - 1 ? map[i + stride]! : 0
      ]
      // Of two equal ones the first counts.
      if (here > around[0]! && here >= around[1]! && here > around[2]! && here >= around[3]!) found.push(i)
    }
  return found
}
