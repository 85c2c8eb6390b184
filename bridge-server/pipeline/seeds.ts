import type { Sampling } from '../protocol/request.ts'
import type { PictureSeeds } from './latents.ts'

/** Seeds count up from the request's; with a variation strength the variation seeds do, as in the web UI. */
export function seedsOf(
  { seed, variationSeed = seed, variationStrength = 0 }: Sampling,
  variation: number
): PictureSeeds {
  if (variationStrength === 0) return { seed: seed + variation }
  return { seed, variationSeed: variationSeed + variation }
}
