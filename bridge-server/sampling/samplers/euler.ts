import type { Sampler } from '../sampler.ts'
import { combine, eulerStep, steps } from '../steps.ts'
import { ancestralStep } from './ancestral.ts'
import { churned } from './churn.ts'

/** Euler's method: algorithm 2 of Karras et al. 2022 (arXiv:2206.00364) without its second-order correction. */
export const euler: Sampler = async (denoise, x, sigmas, options) => {
  const raised = churned(sigmas, options)
  for await (const step of steps(denoise, () => x, sigmas, options, raised))
    x = eulerStep(step.x, step.denoised, step.sigma, step.next)
  return x
}

/** Euler's method down to less noise than asked for, then fresh noise; k-diffusion's `sample_euler_ancestral`. */
export const eulerAncestral: Sampler = async (denoise, x, sigmas, options) => {
  const { eta = 1, noiseScale = 1 } = options
  for await (const { sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
    const { down, up } = ancestralStep(sigma, next, eta)
    x = eulerStep(x, denoised, sigma, down)
    if (next > 0) x = combine([1, x], [up * noiseScale, options.noise()])
  }
  return x
}
