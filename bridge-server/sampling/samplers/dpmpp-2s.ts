import type { Latents, Sampler } from '../sampler.ts'
import { combine, steps, type Step } from '../steps.ts'
import { ancestralStep } from './ancestral.ts'

/** DPM-Solver++(2S), Lu et al. 2022 (arXiv:2211.01095), algorithm 1, with ancestral noise; single step, second order. */
export const dpmpp2sAncestral: Sampler = async (denoise, x, sigmas, options) => {
  const { eta = 1, noiseScale = 1 } = options
  for await (const step of steps(denoise, () => x, sigmas, options)) {
    const { down, up } = ancestralStep(step.sigma, step.next, eta)
    x = await singleStep(step, down)
    if (step.next > 0) x = combine([1, x], [up * noiseScale, options.noise()])
  }
  return x
}

async function singleStep({ x, denoised, sigma, model }: Step, to: number): Promise<Latents> {
  if (to === 0) return denoised
  const middle = Math.sqrt(sigma * to)
  const half = combine([middle / sigma, x], [1 - middle / sigma, denoised])
  return combine([to / sigma, x], [1 - to / sigma, await model(half, middle)])
}
