import type { Latents, Sampler } from '../sampler.ts'
import { combine, eulerStep, steps, type Step } from '../steps.ts'
import { churned } from './churn.ts'

/** Heun's method: algorithm 2 of Karras et al. 2022 (arXiv:2206.00364). */
export const heun: Sampler = async (denoise, x, sigmas, options) => {
  for await (const step of steps(denoise, () => x, sigmas, options, churned(sigmas, options)))
    x = await heunStep(step)
  return x
}

/** Euler's step, then again with the mean of the slopes at both ends; the last step to 0 is Euler's alone. */
export async function heunStep({ x, denoised, sigma, next, model }: Step): Promise<Latents> {
  const ahead = eulerStep(x, denoised, sigma, next)
  if (next === 0) return ahead
  const slope = slopeOf(x, denoised, sigma)
  const slopeAhead = slopeOf(ahead, await model(ahead, next), next)
  const half = (next - sigma) / 2
  return combine([1, x], [half, slope], [half, slopeAhead])
}

/** dx/dσ of the probability flow: the predicted noise. */
export const slopeOf = (x: Latents, denoised: Latents, sigma: number): Latents =>
  combine([1 / sigma, x], [-1 / sigma, denoised])
