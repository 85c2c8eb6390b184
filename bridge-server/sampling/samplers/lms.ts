import type { Latents, Sampler } from '../sampler.ts'
import { combine, steps } from '../steps.ts'
import { slopeOf } from './heun.ts'

/** Nodes and weights of Gauss and Legendre's rule of four points on −1…1, exact to degree 7. */
const QUADRATURE = [
  [-0.8611363115940526, 0.3478548451374538],
  [-0.3399810435848563, 0.6521451548625461],
  [0.3399810435848563, 0.6521451548625461],
  [0.8611363115940526, 0.3478548451374538]
] as const

/** Linear multistep (Adams and Bashforth on uneven steps) in sigma; k-diffusion's `sample_lms`, of order 4 unless asked. */
export const lms: Sampler = async (denoise, x, sigmas, options) => {
  const { order = 4 } = options
  let slopes: readonly Latents[] = []
  for await (const { index, sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
    slopes = [slopeOf(x, denoised, sigma), ...slopes.slice(0, order - 1)]
    const nodes = slopes.map((_, j) => sigmas[index - j]!)
    x = combine(
      [1, x],
      ...slopes.map((slope, j) => [integralOfLagrange(nodes, j, sigma, next), slope] as const)
    )
  }
  return x
}

/** ∫ of the Lagrange polynomial that is 1 at `nodes[j]` and 0 at the others; exact up to eight nodes. */
function integralOfLagrange(nodes: readonly number[], j: number, from: number, to: number): number {
  const half = (to - from) / 2
  const at = (tau: number): number =>
    nodes.reduce((product, node, k) => (k === j ? product : (product * (tau - node)) / (nodes[j]! - node)), 1)
  return half * QUADRATURE.reduce((sum, [node, weight]) => sum + weight * at(from + half * (1 + node)), 0)
}
