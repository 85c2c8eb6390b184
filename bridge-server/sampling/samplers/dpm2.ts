import type { Latents, Sampler } from '../sampler.ts'
import { combine, eulerStep, steps, type Step } from '../steps.ts'
import { ancestralStep } from './ancestral.ts'
import { churned } from './churn.ts'
import { slopeOf } from './heun.ts'

/** DPM-Solver-2 as a midpoint method in log sigma: Lu et al. 2022 (arXiv:2206.00927) with the loop of Karras et al. 2022. */
export const dpm2: Sampler = async (denoise, x, sigmas, options) => {
  for await (const step of steps(denoise, () => x, sigmas, options, churned(sigmas, options)))
    x = await midpointStep(step, step.next)
  return x
}

/** The same down to less noise, then fresh noise; k-diffusion's `sample_dpm_2_ancestral`. */
export const dpm2Ancestral: Sampler = async (denoise, x, sigmas, options) => {
  const { eta = 1, noiseScale = 1 } = options
  for await (const step of steps(denoise, () => x, sigmas, options)) {
    const { down, up } = ancestralStep(step.sigma, step.next, eta)
    x = await midpointStep(step, down)
    if (down > 0) x = combine([1, x], [up * noiseScale, options.noise()])
  }
  return x
}

async function midpointStep({ x, denoised, sigma, model }: Step, to: number): Promise<Latents> {
  if (to === 0) return denoised
  const middle = Math.sqrt(sigma * to)
  const half = eulerStep(x, denoised, sigma, middle)
  return combine([1, x], [to - sigma, slopeOf(half, await model(half, middle), middle)])
}
