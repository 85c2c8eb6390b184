import type { Latents, Sampler } from '../sampler.ts'
import { combine, eulerStep, steps } from '../steps.ts'
import { ancestralStep } from './ancestral.ts'

interface Previous {
  readonly denoised: Latents
  readonly sigma: number
  /** Where that step went before noise was added. */
  readonly down: number
}

/** Refined exponential solver, multistep of second order: Zhang et al. 2023 (arXiv:2308.02157). η is 0 unless asked for. */
export const resMultistep: Sampler = async (denoise, x, sigmas, options) => {
  const { eta = 0, noiseScale = 1 } = options
  let previous: Previous | undefined
  for await (const { sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
    const { down, up } = ancestralStep(sigma, next, eta)
    if (down === 0 || previous === undefined) x = eulerStep(x, denoised, sigma, down)
    else {
      const h = Math.log(sigma / down)
      const c2 = Math.log(previous.sigma / previous.down) / -h
      const phi1 = Math.expm1(-h) / -h
      const phi2 = (phi1 - 1) / -h
      x = combine([Math.exp(-h), x], [h * (phi1 - phi2 / c2), denoised], [(h * phi2) / c2, previous.denoised])
    }
    if (eta > 0 && next > 0) x = combine([1, x], [up * noiseScale, options.noise()])
    previous = { denoised, sigma, down }
  }
  return x
}
