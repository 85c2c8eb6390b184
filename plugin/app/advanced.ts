import type { Size } from '#protocol/geometry.ts'
import type { Emphasis, NoiseSource, Sampling } from '#protocol/request.ts'
import { fieldOf, MAX_SEED, sizeWithin, whole, within } from './stored-values.ts'

/** How a picture is sampled, for those who know what it is; null is the model's, the sampler's or the usual. */
export interface AdvancedSettings {
  /** 1 is the last layer of the text encoder. */
  readonly clipSkip: number | null
  readonly noise: NoiseSource | null
  readonly eta: number | null
  /** 0…1; 0 is off. */
  readonly guidanceRescale: number
  readonly zeroTerminalSnr: boolean
  readonly emphasis: Emphasis | null
  /** Goes with `variationStrength`. */
  readonly variationSeed: number
  /** 0…1; 0 is off. */
  readonly variationStrength: number
  /** The size whose noise is put in the middle. */
  readonly seedResize: Size | null
}

export const defaultAdvanced: AdvancedSettings = {
  clipSkip: null,
  noise: null,
  eta: null,
  guidanceRescale: 0,
  zeroTerminalSnr: false,
  emphasis: null,
  variationSeed: 0,
  variationStrength: 0,
  seedResize: null
}

export const noiseSources: readonly NoiseSource[] = ['cpu', 'gpu']
export const emphases: readonly Emphasis[] = ['original', 'no-norm', 'ignore', 'none']
/** What the server takes. */
export const advancedLimits = { clipSkip: 12, eta: 2, seedResize: [8, 8192] } as const

/** The stored form read back; what is not what it should be is its default. */
export function readAdvanced(value: unknown): AdvancedSettings {
  const field = (name: keyof AdvancedSettings) => fieldOf(value, name)
  const [least, most] = advancedLimits.seedResize
  return {
    clipSkip: whole(field('clipSkip'), 1, advancedLimits.clipSkip),
    noise: noiseSources.find((source) => source === field('noise')) ?? null,
    eta: within(field('eta'), 0, advancedLimits.eta),
    guidanceRescale: within(field('guidanceRescale'), 0, 1) ?? 0,
    zeroTerminalSnr: field('zeroTerminalSnr') === true,
    emphasis: emphases.find((emphasis) => emphasis === field('emphasis')) ?? null,
    variationSeed: whole(field('variationSeed'), 0, MAX_SEED) ?? 0,
    variationStrength: within(field('variationStrength'), 0, 1) ?? 0,
    seedResize: sizeWithin(field('seedResize'), least, most)
  }
}

/** What of a request's sampling these settings decide; nothing where all is as usual. */
export function advancedSampling(settings: AdvancedSettings): Partial<Sampling> {
  const { clipSkip, noise, eta, guidanceRescale, zeroTerminalSnr, emphasis, seedResize } = settings
  const { variationSeed, variationStrength } = settings
  return {
    ...(clipSkip === null ? {} : { clipSkip }),
    ...(noise === null ? {} : { noise }),
    ...(eta === null ? {} : { eta }),
    ...(guidanceRescale === 0 ? {} : { guidanceRescale }),
    ...(zeroTerminalSnr ? { zeroTerminalSnr } : {}),
    ...(emphasis === null ? {} : { emphasis }),
    ...(variationStrength === 0 ? {} : { variationSeed, variationStrength }),
    ...(seedResize === null ? {} : { seedResize })
  }
}
