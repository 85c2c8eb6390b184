import type { Sampling } from '../protocol/request.ts'
import type { PictureSeeds } from './latents.ts'

/** A picture's seed can be asked for again only where it is a seed of requests; of greater ones torch looks at these bits alone. */
const seeds = 2 ** 32

/** Seeds count up from the request's, and from 0 after the last; with a variation strength the variation seeds do, as in the web UI. */
export function seedsOf(
  { seed, variationSeed = seed, variationStrength = 0 }: Sampling,
  variation: number
): PictureSeeds {
  if (variationStrength === 0) return { seed: (seed + variation) % seeds }
  return { seed, variationSeed: (variationSeed + variation) % seeds }
}
