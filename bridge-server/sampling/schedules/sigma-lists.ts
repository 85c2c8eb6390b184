import { linspace } from './float32.ts'

const f32 = Math.fround

/** The range that a list of sigmas spans. */
export interface SigmaRange {
  readonly sigmaMin: number
  readonly sigmaMax: number
}

/** Karras et al. 2022 (arXiv:2206.00364), equation 5; in float32 as k-diffusion's `get_sigmas_karras`. */
export function karras(count: number, { sigmaMin, sigmaMax }: SigmaRange, rho = 7): number[] {
  const low = sigmaMin ** (1 / rho)
  const high = sigmaMax ** (1 / rho)
  const ramp = linspace(0, 1, count)
  return [...ramp.map((t) => f32(f32(f32(high) + f32(t * f32(low - high))) ** rho)), 0]
}

/** Evenly spaced in log sigma; k-diffusion's `get_sigmas_exponential`. */
export const exponential = (count: number, { sigmaMin, sigmaMax }: SigmaRange): number[] => [
  ...linspace(Math.log(sigmaMax), Math.log(sigmaMin), count).map((log) => f32(Math.exp(log))),
  0
]
