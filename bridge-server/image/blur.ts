import type { Size } from '../protocol/geometry.ts'
import { copyMirrored, planeOf, separable, type LineFilter, type Plane } from './line-filter.ts'
import type { Gray } from './pixels.ts'

/** A blur whose weights fall linearly to nothing over `radius` pixels; the border is mirrored. */
export const tentBlur = (mask: Gray, radius: number): Gray =>
  radius === 0 ? mask : blurred(mask, tent(radius, longestSide(mask)))

/** OpenCV's GaussianBlur with a kernel of 2 · radius + 1 and the given deviation, along x and then y. */
export const gaussianBlur = (mask: Gray, radius: number, sigma: number): Gray =>
  radius === 0 ? mask : blurred(mask, gaussian({ radius, sigma }, longestSide(mask)))

/** A Gaussian of weights on whole pixels. */
export interface Kernel {
  /** Pixels to each side. */
  readonly radius: number
  readonly sigma: number
  /** The share of the outermost pixels that counts; all when absent. */
  readonly end?: number
}

/** The same over a plane of numbers, which stays as it is. */
export const gaussianPlane = (plane: Plane, { width, height }: Size, kernel: Kernel): Plane =>
  separable(plane, width, height, gaussian(kernel, Math.max(width, height)))

/** The web UI's mask blur: Gaussians of these deviations along x and y, over 2.5 deviations to each side; 0 is none. */
export function webuiMaskBlur(mask: Gray, x: number, y = x): Gray {
  const along = (sigma: number): LineFilter =>
    sigma === 0 ? copied : gaussian({ radius: Math.trunc(2.5 * sigma + 0.5), sigma }, longestSide(mask))
  return x === 0 && y === 0 ? mask : blurred(mask, along(x), along(y))
}

const copied: LineFilter = (source, target, at, length) => target.set(source.subarray(at, at + length), at)

const longestSide = ({ width, height }: Gray): number => Math.max(width, height)

const blurred = ({ width, height, data }: Gray, filter: LineFilter, down = filter): Gray => ({
  ...{ width, height },
  data: rounded(separable(planeOf(data), width, height, filter, down))
})

/** To the nearest byte; there are no numbers below 0. */
export function rounded(plane: Float32Array): Uint8Array {
  const bytes = new Uint8Array(plane.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.min(255, plane[i]! + 0.5)
  return bytes
}

/** A tent is a box blurred by the same box; both sums slide, and stay whole numbers. */
function tent(radius: number, longest: number): LineFilter {
  const box = radius + 1
  const padded = new Float64Array(longest + 2 * radius)
  const sums = new Float64Array(longest + radius)
  const scale = 1 / (box * box)
  return (source, target, at, length) => {
    copyMirrored(source, at, length, radius, padded)
    slide(padded, sums, length + radius, box)
    let sum = 0
    for (let i = 0; i < box - 1; i++) sum += sums[i]!
    for (let i = 0; i < length; i++) {
      sum += sums[i + box - 1]!
      target[at + i] = sum * scale
      sum -= sums[i]!
    }
  }
}

/** `sums[i]` becomes the sum of `box` numbers from i on. */
function slide(values: Float64Array, sums: Float64Array, count: number, box: number): void {
  let sum = 0
  for (let i = 0; i < box - 1; i++) sum += values[i]!
  for (let i = 0; i < count; i++) {
    sum += values[i + box - 1]!
    sums[i] = sum
    sum -= values[i]!
  }
}

/** Masks are flat nearly everywhere, and a flat window needs no sum. */
function gaussian({ radius, sigma, end = 1 }: Kernel, longest: number): LineFilter {
  const size = 2 * radius + 1
  const raw = Float64Array.from(
    { length: size },
    (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)) * (i % (2 * radius) === 0 ? end : 1)
  )
  const total = raw.reduce((sum, weight) => sum + weight, 0)
  const weights = raw.map((weight) => weight / total)
  const padded = new Float64Array(longest + 2 * radius)
  const lastChange = new Int32Array(longest + 2 * radius)
  return (source, target, at, length) => {
    copyMirrored(source, at, length, radius, padded)
    for (let i = 0; i < length + 2 * radius; i++)
      lastChange[i] = i > 0 && padded[i] === padded[i - 1] ? lastChange[i - 1]! : i
    for (let i = 0; i < length; i++) {
      if (lastChange[i + size - 1]! <= i) {
        target[at + i] = padded[i]!
        continue
      }
      let sum = padded[i + radius]! * weights[radius]!
      for (let k = 0, last = size - 1; k < radius; k++)
        sum += (padded[i + k]! + padded[i + last - k]!) * weights[k]!
      target[at + i] = sum
    }
  }
}

/** Bits of Pillow's fixed-point weights (BoxBlur.c). */
const BITS = 24

/** Pillow's `ImageFilter.GaussianBlur` on mode L: three extended box blurs along x, then three along y, 8 bits between them. */
export function pillowBlur({ width, height, data }: Gray, deviation: number): Gray {
  const variance = (deviation * deviation) / 3
  const whole = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2)
  const part = ((2 * whole + 1) * (whole * (whole + 1) - 3 * variance)) / (6 * (variance - (whole + 1) ** 2))
  const pass = extendedBox(whole, Math.fround(whole + part))
  const scratch = new Float32Array(Math.max(width, height))
  const out = separable(planeOf(data), width, height, (source, target, at, length) => {
    pass(source.subarray(at, at + length), target.subarray(at, at + length))
    pass(target.subarray(at, at + length), scratch)
    pass(scratch.subarray(0, length), target.subarray(at, at + length))
  })
  return { width, height, data: new Uint8Array(out) }
}

/** `whole` pixels each side at full weight, the next at a part of it; the border pixel is repeated. */
function extendedBox(whole: number, radius: number): (from: Float32Array, to: Float32Array) => void {
  const inner = Math.floor(2 ** BITS / (2 * radius + 1))
  const outer = Math.floor((2 ** BITS - (2 * whole + 1) * inner) / 2)
  return (from, to) => {
    const last = from.length - 1
    const value = (i: number): number => from[Math.min(Math.max(i, 0), last)]!
    let sum = 0
    for (let i = -whole; i < whole; i++) sum += value(i)
    for (let i = 0; i <= last; i++) {
      sum += value(i + whole)
      const edges = value(i - whole - 1) + value(i + whole + 1)
      to[i] = Math.floor((sum * inner + edges * outer + 2 ** (BITS - 1)) / 2 ** BITS)
      sum -= value(i - whole)
    }
  }
}
