/** Pillow's resampling filters by name. */
export type Filter = 'nearest' | 'box' | 'bilinear' | 'bicubic' | 'lanczos'

/** What each output sample takes of the input: `count[i]` samples from `first[i]`, with weights that sum to 1. */
export interface Taps {
  readonly first: Int32Array
  readonly count: Int32Array
  /** `width` for each output sample; those behind `count` are 0. */
  readonly weights: Float64Array
  readonly width: number
}

interface Kernel {
  readonly support: number
  readonly at: (x: number) => number
}

const kernels: Record<Exclude<Filter, 'nearest'>, Kernel> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: keys },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) }
}

/** Taps along one axis (Pillow's Resample.c, `precompute_coeffs`): the kernel is widened when a picture shrinks. */
export function tapsFor(from: number, to: number, filter: Exclude<Filter, 'nearest'>): Taps {
  const { support, at } = kernels[filter]
  const step = from / to
  const scale = Math.max(step, 1)
  const reach = support * scale
  const width = 2 * Math.ceil(reach) + 1
  const taps = {
    first: new Int32Array(to),
    count: new Int32Array(to),
    weights: new Float64Array(to * width),
    width
  }
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * step
    const first = Math.max(0, Math.trunc(centre - reach + 0.5))
    const count = Math.min(from, Math.trunc(centre + reach + 0.5)) - first
    const weights = taps.weights.subarray(i * width, i * width + count)
    for (let k = 0; k < count; k++) weights[k] = at((first + k - centre + 0.5) / scale)
    const sum = weights.reduce((total, weight) => total + weight, 0)
    if (sum !== 0) for (let k = 0; k < count; k++) weights[k]! /= sum
    taps.first[i] = first
    taps.count[i] = count
  }
  return taps
}

/** R. Keys 1981, "Cubic convolution interpolation for digital image processing", with a = −1/2. */
function keys(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))
