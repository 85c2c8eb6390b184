import { assert } from '../errors.ts'
import type { Size } from '../protocol/geometry.ts'
import { zeros } from '../tensor/tensor.ts'
import { sampledBicubic } from './depth-map.ts'
import type { Tensor } from './pixels.ts'
import { resizeTensor } from './resize.ts'

/** torch's `interpolate(align_corners=False)` of [1, c, h, w] to a larger size, by its modes. */
export type Interpolation = 'bilinear' | 'bicubic' | 'bicubic-antialiased' | 'nearest' | 'nearest-exact'

export function interpolated(x: Tensor, size: Size, mode: Interpolation): Tensor {
  switch (mode) {
    // Kernels that are not widened know no antialiasing; cubic ones have other coefficients with it.
    case 'bilinear':
    case 'bicubic-antialiased':
      return resizeTensor(x, size, mode === 'bilinear' ? 'bilinear' : 'bicubic')
    case 'bicubic':
      return eachPlane(x, size, (plane) => sampledBicubic(plane, size))
    case 'nearest':
    case 'nearest-exact':
      return eachPlane(x, size, (plane) => nearest(plane, size, mode === 'nearest' ? 0 : 0.5))
  }
}

function eachPlane({ data, dims }: Tensor, size: Size, make: (plane: Tensor) => Tensor): Tensor {
  const [n = 0, c = 0, h = 0, w = 0] = dims
  assert(n === 1, `${n} pictures at once`)
  const out = zeros([1, c, size.height, size.width])
  for (let k = 0; k < c; k++) {
    const plane = make({ data: data.subarray(k * h * w, (k + 1) * h * w), dims: [1, 1, h, w] })
    out.data.set(plane.data, k * plane.data.length)
  }
  return out
}

/** `offset` into each sample: 0 is torch's older mode, whose picture lies half a sample off. */
function nearest({ data, dims }: Tensor, { width, height }: Size, offset: number): Tensor {
  const [, , h = 0, w = 0] = dims
  const out = zeros([1, 1, height, width])
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const row = Math.floor(((y + offset) * h) / height)
      out.data[i] = data[row * w + Math.floor(((x + offset) * w) / width)]!
    }
  return out
}
