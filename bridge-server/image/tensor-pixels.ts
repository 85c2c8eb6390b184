import { assert } from '../errors.ts'
import type { Rect } from '../protocol/geometry.ts'
import { zeros } from '../tensor/tensor.ts'
import type { Gray, Rgba, Tensor } from './pixels.ts'

/** Colours as [1, 3, h, w] in −1…1; alpha is left out. */
export function toTensor({ width, height, data }: Rgba): Tensor {
  const area = width * height
  const out = zeros([1, 3, height, width])
  for (let i = 0; i < area; i++)
    for (let c = 0; c < 3; c++) out.data[c * area + i] = Math.fround(data[4 * i + c]! / 255) * 2 - 1
  return out
}

/** [1, 3, h, w] in −1…1 as opaque pixels: (x + 1) / 2, clamped, times 255, ties to even as diffusers rounds. */
export function toPixels({ data, dims }: Tensor): Rgba {
  const [n = 0, c = 0, height = 0, width = 0] = dims
  assert(n === 1 && c === 3, `a picture of shape ${dims.join('×')}`)
  const area = width * height
  // A clamped array rounds ties to even by itself.
  const out = new Uint8ClampedArray(4 * area).fill(255)
  for (let i = 0; i < area; i++)
    for (let channel = 0; channel < 3; channel++) {
      const unit = Math.fround(Math.fround(data[channel * area + i]! + 1) / 2)
      out[4 * i + channel] = Math.fround(Math.min(Math.max(unit, 0), 1) * 255)
    }
  return { width, height, data: out }
}

/** The numbers of `at` in a plane of rows of `width`. */
export function croppedPlane(data: Float32Array, width: number, at: Rect): Float32Array<ArrayBuffer> {
  const out = new Float32Array(at.width * at.height)
  for (let y = 0; y < at.height; y++) {
    const from = (at.y + y) * width + at.x
    out.set(data.subarray(from, from + at.width), y * at.width)
  }
  return out
}

/** A mask or map as [1, 1, h, w] in 0…1. */
export const grayToTensor = ({ width, height, data }: Gray): Tensor => ({
  data: Float32Array.from(data, (value) => value / 255),
  dims: [1, 1, height, width]
})

/** The inverse; ties to even. */
export function tensorToGray({ data, dims }: Tensor): Gray {
  const [, , height = 0, width = 0] = dims
  const bytes = new Uint8ClampedArray(Float32Array.from(data, (value) => value * 255))
  return { width, height, data: new Uint8Array(bytes.buffer) }
}
