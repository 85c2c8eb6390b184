import { assert } from '../errors.ts'
import type { Size } from '../protocol/geometry.ts'
import type { Gray, Rgba, Tensor } from './pixels.ts'
import { tapsFor, type Filter, type Taps } from './taps.ts'

/** 8-bit samples, `channels` of them a pixel. */
interface Samples {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array | Uint8ClampedArray
}

/** Resizes as Pillow's `Image.resize` of mode L does, to the bit. */
export const resizeGray = (image: Gray, size: Size, filter: Filter): Gray =>
  resizeSamples(image, 1, size, filter)

/** Resizes as Pillow's `Image.resize` of mode RGBA does: colours weighted by their alpha. */
export function resizeRgba(image: Rgba, size: Size, filter: Filter): Rgba {
  const opaque = isOpaque(image)
  const source = opaque || filter === 'nearest' ? image : { ...image, data: premultiplied(image.data) }
  const { width, height, data } = resizeSamples(source, 4, size, filter)
  if (!opaque && filter !== 'nearest') unpremultiply(data)
  return { width, height, data: new Uint8ClampedArray(data.buffer) }
}

/** Every channel on its own: Pillow's modes L (1), RGB (3) and, before and after its premultiplication, RGBA (4). */
function resizeSamples(
  image: Samples,
  channels: number,
  { width, height }: Size,
  filter: Filter
): { width: number; height: number; data: Uint8Array<ArrayBuffer> } {
  assert(image.data.length === image.width * image.height * channels, 'samples do not match their size')
  if (filter === 'nearest') return { width, height, data: nearest(image, channels, { width, height }) }
  const wide =
    width === image.width
      ? image.data
      : resampleRows(image, channels, width, tapsFor(image.width, width, filter))
  const data =
    height === image.height
      ? Uint8Array.from(wide)
      : resampleColumns(wide, width * channels, height, tapsFor(image.height, height, filter))
  return { width, height, data }
}

/** Fractional bits of Pillow's fixed-point weights (`PRECISION_BITS` of Resample.c). */
const BITS = 22
const half = 2 ** (BITS - 1)

const fixedPoint = ({ weights }: Taps): Float64Array =>
  Float64Array.from(weights, (weight) => Math.trunc(weight * 2 ** BITS + Math.sign(weight) / 2))

function resampleRows(
  { width: from, height, data }: Samples,
  channels: number,
  width: number,
  taps: Taps
): Uint8Array<ArrayBuffer> {
  const fixed = fixedPoint(taps)
  const out = new Uint8Array(width * height * channels)
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const start = (y * from + taps.first[x]!) * channels
      const count = taps.count[x]!
      for (let channel = 0; channel < channels; channel++) {
        let sum = half
        for (let k = 0; k < count; k++)
          sum += data[start + k * channels + channel]! * fixed[x * taps.width + k]!
        out[at++] = toByte(sum)
      }
    }
  return out
}

/** Whole rows of `stride` samples are summed at a time, for the sake of the cache. */
function resampleColumns(
  source: Uint8Array | Uint8ClampedArray,
  stride: number,
  height: number,
  taps: Taps
): Uint8Array<ArrayBuffer> {
  const fixed = fixedPoint(taps)
  const out = new Uint8Array(stride * height)
  const sums = new Float64Array(stride)
  for (let y = 0; y < height; y++) {
    sums.fill(half)
    for (let k = 0; k < taps.count[y]!; k++) {
      const weight = fixed[y * taps.width + k]!
      const row = (taps.first[y]! + k) * stride
      for (let i = 0; i < stride; i++) sums[i]! += source[row + i]! * weight
    }
    const row = y * stride
    for (let i = 0; i < stride; i++) out[row + i] = toByte(sums[i]!)
  }
  return out
}

function toByte(sum: number): number {
  const value = Math.floor(sum / 2 ** BITS)
  return value < 0 ? 0 : value > 255 ? 255 : value
}

function nearest(image: Samples, channels: number, { width, height }: Size): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(width * height * channels)
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.trunc(((y + 0.5) * image.height) / height) * image.width
    for (let x = 0; x < width; x++) {
      const from = (row + Math.trunc(((x + 0.5) * image.width) / width)) * channels
      for (let channel = 0; channel < channels; channel++) out[at++] = image.data[from + channel]!
    }
  }
  return out
}

/** The same filters on a tensor [n, c, h, w], in floating point. */
export function resizeTensor(x: Tensor, { width, height }: Size, filter: Exclude<Filter, 'nearest'>): Tensor {
  const [n = 0, c = 0, h = 0, w = 0] = x.dims
  const columns = tapsFor(w, width, filter)
  const rows = tapsFor(h, height, filter)
  const wide = new Float32Array(n * c * h * width)
  for (let line = 0; line < n * c * h; line++)
    for (let i = 0; i < width; i++)
      wide[line * width + i] = weighed(x.data, line * w + columns.first[i]!, 1, columns, i)
  const data = new Float32Array(n * c * height * width)
  for (let plane = 0; plane < n * c; plane++)
    for (let i = 0; i < height; i++)
      for (let column = 0; column < width; column++) {
        const from = (plane * h + rows.first[i]!) * width + column
        data[(plane * height + i) * width + column] = weighed(wide, from, width, rows, i)
      }
  return { data, dims: [n, c, height, width] }
}

function weighed(data: Float32Array, from: number, step: number, taps: Taps, i: number): number {
  let sum = 0
  for (let k = 0; k < taps.count[i]!; k++) sum += data[from + k * step]! * taps.weights[i * taps.width + k]!
  return sum
}

function isOpaque({ data }: Rgba): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false
  return true
}

/** Pillow's `rgbA2rgba` and back (Convert.c): rounded, then truncated. */
function premultiplied(data: Uint8ClampedArray): Uint8Array {
  const out = Uint8Array.from(data)
  for (let i = 0; i < out.length; i += 4)
    for (let c = 0; c < 3; c++) {
      const product = out[i + c]! * out[i + 3]! + 128
      out[i + c] = ((product >> 8) + product) >> 8
    }
  return out
}

function unpremultiply(data: Uint8Array): void {
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]!
    if (alpha === 0 || alpha === 255) continue
    for (let c = 0; c < 3; c++) data[i + c] = Math.min(255, Math.trunc((255 * data[i + c]!) / alpha))
  }
}
