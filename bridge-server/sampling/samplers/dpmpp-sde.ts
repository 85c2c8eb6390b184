import { assert } from '../../errors.ts'
import type { Latents, Sampler, SamplerOptions } from '../sampler.ts'
import { combine, steps } from '../steps.ts'
import { ancestralStep } from './ancestral.ts'

/**
 * DPM-Solver++ (stochastic): k-diffusion's `sample_dpmpp_sde`, two calls a step. The Brownian path is asked at sigmas that went
 * through t = −ln σ and back, in the precision of the schedule, as there.
 */
export const dpmppSde: Sampler = async (denoise, x, sigmas, options) => {
  const { eta = 1, noiseScale = 1, ratio = 1 / 2 } = options
  const noise = brownianOf(options)
  const { timeOf, sigmaAt, between } = timesLike(sigmas)
  for await (const { sigma, next, denoised, model } of steps(denoise, () => x, sigmas, options)) {
    if (next === 0) {
      x = denoised
      continue
    }
    const [time, end] = [timeOf(sigma), timeOf(next)]
    const inner = sigmaAt(between(time, end, ratio))
    const start = x
    const advance = (to: number, target: Latents): Latents => {
      const { down, up } = ancestralStep(sigma, to, eta)
      const share = down / sigma
      return combine([share, start], [1 - share, target], [up * noiseScale, noise(sigmaAt(time), to)])
    }
    const half = advance(inner, denoised)
    const weight = 1 / (2 * ratio)
    x = advance(sigmaAt(end), combine([1 - weight, denoised], [weight, await model(half, inner)]))
  }
  return x
}

/** t = −ln σ, rounded as torch would round it for these sigmas: a float32 schedule has float32 times. */
function timesLike(sigmas: readonly number[]) {
  const single = sigmas.every((sigma) => Math.fround(sigma) === sigma)
  const round = single ? Math.fround : (value: number) => value
  return {
    timeOf: (sigma: number): number => round(-Math.log(sigma)),
    sigmaAt: (time: number): number => round(Math.exp(-time)),
    between: (from: number, to: number, share: number): number =>
      round(from + round(round(to - from) * share))
  }
}

export function brownianOf({ brownian }: SamplerOptions): (sigma: number, next: number) => Latents {
  assert(brownian !== undefined, 'an SDE sampler was run without a Brownian path')
  return brownian
}
