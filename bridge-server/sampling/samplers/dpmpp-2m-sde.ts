import type { Latents, Sampler } from '../sampler.ts'
import { combine, steps } from '../steps.ts'
import { brownianOf } from './dpmpp-sde.ts'

interface Previous {
  readonly denoised: Latents
  /** The step in −ln σ that led from there. */
  readonly h: number
}

/**
 * DPM-Solver++(2M) as an SDE: k-diffusion's `sample_dpmpp_2m_sde`. `correction` gives the weight of the change since the last
 * prediction, for the step h (1 + η) in −ln σ.
 */
const multistepSde =
  (correction: (hEta: number) => number): Sampler =>
  async (denoise, x, sigmas, options) => {
    const { eta = 1, noiseScale = 1 } = options
    const noise = brownianOf(options)
    let previous: Previous | undefined
    for await (const { sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
      if (next === 0) {
        x = denoised
        continue
      }
      const h = Math.log(sigma / next)
      const hEta = h * (1 + eta)
      const terms: [number, Latents][] = [
        [Math.exp(-hEta), x],
        [-Math.expm1(-hEta), denoised]
      ]
      if (previous !== undefined) {
        const weight = (correction(hEta) * h) / previous.h
        terms.push([weight, denoised], [-weight, previous.denoised])
      }
      if (eta > 0) terms.push([noiseScale * next * Math.sqrt(-Math.expm1(-2 * h * eta)), noise(sigma, next)])
      x = combine(...terms)
      previous = { denoised, h }
    }
    return x
  }

export const dpmpp2mSde = multistepSde((hEta) => -Math.expm1(-hEta) / 2)

export const dpmpp2mSdeHeun = multistepSde((hEta) => 1 + Math.expm1(-hEta) / hEta)
