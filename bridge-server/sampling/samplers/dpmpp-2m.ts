import type { Latents, Sampler } from '../sampler.ts'
import { combine, steps } from '../steps.ts'

/** DPM-Solver++(2M): Lu et al. 2022 (arXiv:2211.01095), algorithm 2; multistep, deterministic. */
export const dpmpp2m: Sampler = async (denoise, x, sigmas, options) => {
  let previous: { readonly denoised: Latents; readonly sigma: number } | undefined
  for await (const { sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
    let target = denoised
    if (previous !== undefined && next > 0) {
      const r = Math.log(previous.sigma / sigma) / Math.log(sigma / next)
      target = combine([1 + 1 / (2 * r), denoised], [-1 / (2 * r), previous.denoised])
    }
    x = combine([next / sigma, x], [1 - next / sigma, target])
    previous = { denoised, sigma }
  }
  return x
}
