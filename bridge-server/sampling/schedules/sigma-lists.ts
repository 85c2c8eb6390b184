import { linspace } from './float32.ts'

const f32 = Math.fround

/** The range that a list of sigmas spans. */
export interface SigmaRange {
  readonly sigmaMin: number
  readonly sigmaMax: number
}

/** Karras et al. 2022 (arXiv:2206.00364), equation 5; in float32 as k-diffusion's `get_sigmas_karras`. */
export function karras(count: number, { sigmaMin, sigmaMax }: SigmaRange, rho = 7): number[] {
  const high = sigmaMax ** (1 / rho)
  const change = f32(sigmaMin ** (1 / rho) - high)
  return [...linspace(0, 1, count).map((t) => f32(f32(f32(high) + f32(t * change)) ** rho)), 0]
}

/** Evenly spaced in ln σ; k-diffusion's `get_sigmas_exponential`. */
export const exponential = (count: number, { sigmaMin, sigmaMax }: SigmaRange): number[] => [
  ...linspace(Math.log(sigmaMax), Math.log(sigmaMin), count).map((log) => f32(Math.exp(log))),
  0
]

/** A polynomial of degree ρ in ln σ; k-diffusion's `get_sigmas_polyexponential`. */
export function polyexponential(count: number, { sigmaMin, sigmaMax }: SigmaRange, rho = 1): number[] {
  const low = f32(Math.log(sigmaMin))
  const change = f32(Math.log(sigmaMax) - Math.log(sigmaMin))
  return [...linspace(1, 0, count).map((t) => f32(Math.exp(f32(f32(f32(t ** rho) * change) + low)))), 0]
}

/**
 * The continuous variance-preserving schedule of Song et al. 2020 (arXiv:2011.13456) with its usual constants; k-diffusion's
 * `get_sigmas_vp`, which loses some digits of its small sigmas in float32, and so does this.
 */
export const variancePreserving = (count: number): number[] => [
  ...linspace(1, 1e-3, count).map((t) => {
    const exponent = f32(f32(f32(19.9 * f32(t * t)) / 2) + f32(0.1 * t))
    return f32(Math.sqrt(f32(Math.exp(exponent)) - 1))
  }),
  0
]

/** Evenly spaced in arctan σ: Sabour et al. 2024 (arXiv:2404.14507), the KL-optimal schedule for Gaussian data. Ends in `sigmaMin`. */
const arctan = (intervals: number, { sigmaMin, sigmaMax }: SigmaRange): number[] =>
  Array.from({ length: intervals + 1 }, (_, i) => {
    const share = intervals === 0 ? 0 : i / intervals
    return f32(Math.tan(share * Math.atan(sigmaMin) + (1 - share) * Math.atan(sigmaMax)))
  })

/** The web UI's form: as many steps as asked for, down to `sigmaMin` and not to 0. */
export const klOptimal = (count: number, range: SigmaRange): number[] => arctan(count, range)

/** ComfyUI's form: `sigmaMin` is reached one step before the end. */
export const klOptimalComfyui = (count: number, range: SigmaRange): number[] => [
  ...arctan(count - 1, range),
  0
]

/** Half the steps linear up to a share of 0.025, then quadratic: Polyak et al. 2024 (Movie Gen, arXiv:2410.13720), section 3.4.2. */
export function linearQuadratic(count: number, { sigmaMax }: SigmaRange): number[] {
  if (count === 1) return [f32(sigmaMax), 0]
  const threshold = 0.025
  const linear = Math.floor(count / 2)
  const rest = count - linear
  const lag = linear - threshold * count
  const quadratic = lag / (linear * rest ** 2)
  const slope = threshold / linear - (2 * lag) / rest ** 2
  const done = Array.from({ length: count + 1 }, (_, i) => {
    if (i === count) return 1
    return i < linear ? (i * threshold) / linear : quadratic * i * i + slope * i + quadratic * linear ** 2
  })
  return done.map((share) => f32((1 - share) * sigmaMax))
}
