import type { Latents, Sampler } from '../sampler.ts'
import { combine, steps } from '../steps.ts'
import { slopeOf } from './heun.ts'

/** Below so many steps the last ones fall back to lower orders, as in diffusers. */
const FEW_STEPS = 15

/**
 * DEIS, Zhang and Chen 2022 (arXiv:2204.13902): slopes extrapolated by a polynomial in log σ and integrated exactly.
 * Order 2 unless asked, 3 at most; diffusers' `DEISMultistepScheduler`.
 */
export const deis: Sampler = async (denoise, x, sigmas, options) => {
  const { order = 2 } = options
  const count = sigmas.length - 1
  let slopes: readonly Latents[] = []
  for await (const { index, sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
    slopes = [slopeOf(x, denoised, sigma), ...slopes].slice(0, order)
    if (next === 0) {
      x = denoised
      continue
    }
    const left = count < FEW_STEPS ? count - index : order
    const used = slopes.slice(0, left)
    const nodes = used.map((_, j) => Math.log(sigmas[index - j]!))
    x = combine(
      [1, x],
      ...used.map((slope, j) => {
        const weight = integral(nodes, j, next) - integral(nodes, j, sigma)
        return [weight, slope] as const
      })
    )
  }
  return x
}

/** Antiderivative at σ of the Lagrange polynomial in ln σ that is 1 at `nodes[j]` and 0 at the other one or two. */
function integral(nodes: readonly number[], j: number, sigma: number): number {
  const log = Math.log(sigma)
  const others = nodes.filter((_, k) => k !== j)
  const scale = others.reduce((product, other) => product * (nodes[j]! - other), 1)
  const [a, b] = others
  if (a === undefined) return sigma
  if (b === undefined) return (sigma * (log - a - 1)) / scale
  return (sigma * (log * log - (a + b + 2) * log + a * b + a + b + 2)) / scale
}
