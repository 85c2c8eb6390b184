import type { NoiseGenerator } from '../tensor/noise.ts'
import type { Latents } from './sampler.ts'

/** Size of one picture's latents, row-major [channels, height, width]. */
export interface LatentShape {
  readonly channels: number
  readonly height: number
  readonly width: number
}

export interface FirstNoise {
  readonly seed: number | bigint
  readonly shape: LatentShape
  /** Where numbers come from: torch's CPU generator, or Philox. */
  readonly generator: (seed: number | bigint) => NoiseGenerator
  /** Another seed, and how far to go towards it, 0…1. */
  readonly variation?: { readonly seed: number | bigint; readonly strength: number }
  /** The size in latents of another picture of this seed, whose noise is put in the middle so that it looks alike. */
  readonly resizeFrom?: { readonly height: number; readonly width: number }
}

/**
 * The noise that a picture starts from, and the generator from which later steps draw, as the web UI makes them
 * (variation seed, and resize seed from width and height).
 */
export function firstNoise({ seed, shape, generator, variation, resizeFrom }: FirstNoise): {
  readonly noise: Latents
  readonly generator: NoiseGenerator
} {
  const continued = generator(seed)
  const full = continued.randn(countOf(shape))
  const drawn = { ...shape, ...resizeFrom }
  const resized = drawn.height !== shape.height || drawn.width !== shape.width
  let noise = resized ? generator(seed).randn(countOf(drawn)) : full
  if (variation !== undefined && variation.strength !== 0) {
    const other = generator(variation.seed).randn(countOf(drawn))
    noise = slerp(noise, other, variation.strength, drawn)
  }
  return { noise: resized ? centred(noise, drawn, full, shape) : noise, generator: continued }
}

/**
 * Spherical interpolation from `low` to `high`, of each column of each channel by itself: the web UI takes the second
 * dimension of [channels, height, width] for that of the values.
 */
export function slerp(
  low: Latents,
  high: Latents,
  share: number,
  { channels, height, width }: LatentShape
): Latents {
  const result = new Float32Array(low.length)
  for (let channel = 0; channel < channels; channel++)
    for (let column = 0; column < width; column++) {
      const start = channel * height * width + column
      const places = Array.from({ length: height }, (_, row) => start + row * width)
      const dot = (a: Latents, b: Latents): number =>
        places.reduce((sum, place) => sum + a[place]! * b[place]!, 0)
      const cosine = dot(low, high) / Math.sqrt(dot(low, low) * dot(high, high))
      const [a, b] = slerpWeights(Math.min(Math.max(cosine, -1), 1), share)
      for (const place of places) result[place] = a * low[place]! + b * high[place]!
    }
  return result
}

/** Weights of both ends; those of a straight line where the ends are so near that the angle is lost to rounding. */
function slerpWeights(cosine: number, share: number): readonly [number, number] {
  if (cosine > 0.9995) return [1 - share, share]
  const angle = Math.acos(cosine)
  return [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)]
}

/** `inner` in the middle of `outer`, cropped where it is the larger. */
function centred(inner: Latents, from: LatentShape, outer: Latents, to: LatentShape): Latents {
  const rows = overlap(from.height, to.height)
  const columns = overlap(from.width, to.width)
  const result = outer.slice()
  for (let channel = 0; channel < to.channels; channel++)
    for (let row = 0; row < rows.length; row++) {
      const source = (channel * from.height + rows.source + row) * from.width + columns.source
      const target = (channel * to.height + rows.target + row) * to.width + columns.target
      result.set(inner.subarray(source, source + columns.length), target)
    }
  return result
}

function overlap(from: number, to: number): { source: number; target: number; length: number } {
  const margin = Math.floor((to - from) / 2)
  return margin < 0
    ? { source: -margin, target: 0, length: from + 2 * margin }
    : { source: 0, target: margin, length: from }
}

const countOf = ({ channels, height, width }: LatentShape): number => channels * height * width
