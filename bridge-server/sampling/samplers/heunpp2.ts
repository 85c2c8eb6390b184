import { combine, eulerStep, steps } from '../steps.ts'
import type { Sampler } from '../sampler.ts'
import { slopeOf } from './heun.ts'

/**
 * Heun++ (arXiv:2306.08572, appendix): a mean of the slopes here and up to two steps ahead, weighted by their
 * sigma over a multiple of the first.
 */
export const heunpp2: Sampler = async (denoise, x, sigmas, options) => {
  const [first = 0] = sigmas
  const last = sigmas.at(-1)
  for await (const { index, sigma, next, denoised, model } of steps(denoise, () => x, sigmas, options)) {
    const x1 = eulerStep(x, denoised, sigma, next)
    if (next === last) {
      x = x1
      continue
    }
    const slope = slopeOf(x, denoised, sigma)
    const slope1 = slopeOf(x1, await model(x1, next), next)
    const after = sigmas[index + 2]!
    if (after === last) {
      const weight = next / (2 * first)
      x = combine([1, x], [(1 - weight) * (next - sigma), slope], [weight * (next - sigma), slope1])
      continue
    }
    const x2 = combine([1, x1], [after - next, slope1])
    const slope2 = slopeOf(x2, await model(x2, after), after)
    const [w1, w2] = [next / (3 * first), after / (3 * first)]
    const dt = next - sigma
    x = combine([1, x], [(1 - w1 - w2) * dt, slope], [w1 * dt, slope1], [w2 * dt, slope2])
  }
  return x
}
