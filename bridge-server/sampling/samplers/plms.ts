import type { Latents, Sampler } from '../sampler.ts'
import { combine, eulerStep, steps } from '../steps.ts'
import { slopeOf } from './heun.ts'
import { adamsBashforth } from './multistep-weights.ts'

const ORDER = 4

/** Pseudo linear multistep: Liu et al. 2022 (arXiv:2202.09778), as diffusers' PNDM without Runge and Kutta; the first step is Heun's. */
export const plms: Sampler = async (denoise, x, sigmas, options) => {
  let slopes: readonly Latents[] = []
  for await (const { sigma, next, denoised, model } of steps(denoise, () => x, sigmas, options)) {
    slopes = [slopeOf(x, denoised, sigma), ...slopes.slice(0, ORDER - 1)]
    const dt = next - sigma
    if (slopes.length > 1) x = combine([1, x], ...adamsBashforth(slopes, dt))
    else if (next === 0) x = denoised
    else {
      const ahead = eulerStep(x, denoised, sigma, next)
      x = combine([1, x], [dt / 2, slopes[0]!], [dt / 2, slopeOf(ahead, await model(ahead, next), next)])
    }
  }
  return x
}

/** The improved form of the same paper, which starts with Euler's step and ends with the prediction itself. */
export const ipndm: Sampler = async (denoise, x, sigmas, options) => {
  const { order = ORDER } = options
  let slopes: readonly Latents[] = []
  for await (const { sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
    slopes = [slopeOf(x, denoised, sigma), ...slopes.slice(0, order - 1)]
    x = next === 0 ? denoised : combine([1, x], ...adamsBashforth(slopes, next - sigma))
  }
  return x
}
