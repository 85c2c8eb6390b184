import type { Denoise, Latents } from './sampler.ts'
import { combine } from './steps.ts'

/** Both denoised predictions of one point. */
export interface Predictions {
  readonly cond: Latents
  /** Absent where the guidance is 1 and nobody asked the model. */
  readonly uncond?: Latents
}

export interface GuidanceOptions {
  /** Strength φ of the rescaling against over-exposure, 0…1; Lin et al. 2023 (arXiv:2305.08891), section 3.4. */
  readonly rescale?: number
}

export interface GuidedDenoise extends Denoise {
  /** The unconditional prediction of the last call; for `SamplerOptions.unconditional`. */
  readonly unconditional: () => Latents
}

/** Classifier-free guidance, uncond + scale · (cond − uncond): Ho and Salimans 2022 (arXiv:2207.12598). */
export function guided(
  predict: (x: Latents, sigma: number) => Promise<Predictions>,
  scale: number,
  { rescale = 0 }: GuidanceOptions = {}
): GuidedDenoise {
  let last: Latents | undefined
  const denoise: Denoise = async (x, sigma) => {
    const { cond, uncond = cond } = await predict(x, sigma)
    last = uncond
    const plain = combine([scale, cond], [1 - scale, uncond])
    if (rescale === 0) return plain
    const velocity = (denoised: Latents) => velocityOf(denoised, x, sigma)
    const v = rescaled(velocity(plain), velocity(cond), rescale)
    const variance = sigma * sigma + 1
    return combine([1 / variance, x], [-sigma / Math.sqrt(variance), v])
  }
  const unconditional = (): Latents => {
    if (last === undefined)
      throw new Error('Bug: the unconditional prediction was asked for before the model was called')
    return last
  }
  return Object.assign(denoise, { unconditional })
}

/** Brings the standard deviation of `guided` back to that of `cond`, by the share `phi`. */
export function rescaled(guided: Latents, cond: Latents, phi: number): Latents {
  const factor = deviation(cond) / deviation(guided)
  return combine([phi * factor + 1 - phi, guided])
}

/** Keeps what is known: `denoised · mask + known · (1 − mask)` after every prediction. `mask` is 1 where the picture may change. */
export const keepingKnown =
  (denoise: Denoise, mask: Latents, known: Latents): Denoise =>
  async (x, sigma) =>
    blended(await denoise(x, sigma), mask, known)

/** `x · mask + known · (1 − mask)`, also for the final latents. */
export const blended = (x: Latents, mask: Latents, known: Latents): Latents =>
  x.map((value, i) => value * mask[i]! + known[i]! * (1 - mask[i]!))

/** The velocity that a v-model would have predicted for this x0. */
const velocityOf = (denoised: Latents, x: Latents, sigma: number): Latents => {
  const variance = sigma * sigma + 1
  const root = Math.sqrt(variance)
  return combine([root / (variance * sigma), x], [-root / sigma, denoised])
}

/** With n − 1 in the denominator, as torch's `std`. */
function deviation(values: Latents): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}
