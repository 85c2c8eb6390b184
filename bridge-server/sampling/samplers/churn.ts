import type { SamplerOptions } from '../sampler.ts'
import { combine, type Noised } from '../steps.ts'

const LARGEST_GAMMA = Math.SQRT2 - 1

/**
 * Lines 4 to 6 of algorithm 2 in Karras et al. 2022 (arXiv:2206.00364): some noise back before each step.
 * Like k-diffusion it draws noise in every step, used or not, so that a seed's later numbers do not depend on the range.
 */
export function churned(
  sigmas: readonly number[],
  { churn, noise, noiseScale = 1 }: SamplerOptions
): (state: Noised) => Noised {
  if (churn === undefined) return (state) => state
  const { amount, from = 0, to = Infinity } = churn
  return ({ x, sigma }) => {
    const draw = noise()
    const gamma = sigma >= from && sigma <= to ? Math.min(amount / (sigmas.length - 1), LARGEST_GAMMA) : 0
    if (gamma === 0) return { x, sigma }
    const raised = sigma * (gamma + 1)
    return { x: combine([1, x], [noiseScale * Math.sqrt(raised ** 2 - sigma ** 2), draw]), sigma: raised }
  }
}
