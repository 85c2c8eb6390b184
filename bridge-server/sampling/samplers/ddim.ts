import type { Latents, Sampler, SamplerOptions } from '../sampler.ts'
import { combine, steps } from '../steps.ts'

/** DDIM: Song et al. 2020 (arXiv:2010.02502), equations 12 and 16, with ᾱ = 1 / (σ² + 1). η is 0 unless asked for; at 0 it is Euler's method. */
export const ddim: Sampler = async (denoise, x, sigmas, options) => {
  for await (const { sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
    const noise = combine([1 / sigma, x], [-1 / sigma, denoised])
    x = ddimStep(denoised, noise, { sigma, next, eta: options.eta ?? 0 }, options)
  }
  return x
}

/** DDIM with the unconditional noise: CFG++, Chung et al. 2024 (arXiv:2406.08070), algorithm 2. */
export const ddimCfgpp: Sampler = async (denoise, x, sigmas, options) => {
  for await (const { sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
    const noise = combine([1 / sigma, x], [-1 / sigma, unconditionalOf(options)])
    x = ddimStep(denoised, noise, { sigma, next, eta: options.eta ?? 0 }, options)
  }
  return x
}

/** DDPM's ancestral step, Ho et al. 2020 (arXiv:2006.11239), equation 11: DDIM with η = 1. */
export const ddpm: Sampler = (denoise, x, sigmas, options) => ddim(denoise, x, sigmas, { ...options, eta: 1 })

/** Euler's method with the unconditional noise: CFG++ in sigma space. */
export const eulerCfgpp: Sampler = (denoise, x, sigmas, options) =>
  ddimCfgpp(denoise, x, sigmas, { ...options, eta: 0 })

interface Level {
  readonly sigma: number
  readonly next: number
  readonly eta: number
}

function ddimStep(
  denoised: Latents,
  noise: Latents,
  { sigma, next, eta }: Level,
  options: SamplerOptions
): Latents {
  const alpha = 1 / (sigma ** 2 + 1)
  const alphaNext = 1 / (next ** 2 + 1)
  const deviation = eta * Math.sqrt(((1 - alphaNext) / (1 - alpha)) * (1 - alpha / alphaNext))
  const direction = Math.sqrt(Math.max(1 - alphaNext - deviation ** 2, 0))
  const root = Math.sqrt(alphaNext)
  const x = combine([1, denoised], [direction / root, noise])
  if (eta === 0 || next === 0) return x
  return combine([1, x], [(deviation * (options.noiseScale ?? 1)) / root, options.noise()])
}

function unconditionalOf({ unconditional }: SamplerOptions): Latents {
  if (unconditional === undefined)
    throw new Error('Bug: a CFG++ sampler was run without the unconditional prediction')
  return unconditional()
}
