import { assert } from '../../errors.ts'
import type { Sampler } from '../sampler.ts'
import { combine, eulerStep, steps } from '../steps.ts'

/** Latent consistency models, Luo et al. 2023 (arXiv:2310.04378), algorithm 3: every prediction is noised anew. */
export const lcm: Sampler = async (denoise, x, sigmas, options) => {
  for await (const { next, denoised } of steps(denoise, () => x, sigmas, options))
    x = next > 0 ? combine([1, denoised], [next, options.noise()]) : denoised
  return x
}

/**
 * Trajectory consistency distillation, Zheng et al. 2024 (arXiv:2402.19159), algorithm 4: down to the timestep
 * (1 − γ) · t of the next one t, then noise. γ is called η here, 0.3 unless asked for. The last step goes
 * without noise to the model's smallest sigma, or to where `sigmas` ends.
 */
export const tcd: Sampler = async (denoise, x, sigmas, options) => {
  const { eta = 0.3, modelSigmas } = options
  assert(modelSigmas !== undefined, 'TCD was run without the model’s sigmas')
  for await (const { index, sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
    const last = index === sigmas.length - 2
    const down = last ? next : modelSigmas.sigmaOf(Math.floor((1 - eta) * modelSigmas.timestepOf(next)))
    x = eulerStep(x, denoised, sigma, down)
    if (!last && eta > 0) x = combine([1, x], [Math.sqrt(next ** 2 - down ** 2), options.noise()])
  }
  return x
}
