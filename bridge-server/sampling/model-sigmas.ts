import { assert } from '../errors.ts'

/** The noise levels that a model was trained on, and the way between them and its timesteps. */
export interface ModelSigmas {
  /** Rising, one per training step. */
  readonly sigmas: Float64Array
  readonly sigmaMin: number
  readonly sigmaMax: number
  /** Fractional timestep of a noise level, linear in log sigma; clamped to the model's range. */
  timestepOf(sigma: number): number
  /** Noise level of a fractional timestep; the inverse. */
  sigmaOf(timestep: number): number
}

/** What stands in for the alpha of 0 that a zero terminal SNR ends in, for its sigma would be infinite; as in ComfyUI. */
const SMALLEST_ALPHA = 4.8973451890853435e-8

/** Rescales ᾱ so that the last step is pure noise: Lin et al. 2023 (arXiv:2305.08891), algorithm 1. The last value becomes 0. */
export function zeroTerminalSnr(alphasCumprod: Float64Array): Float64Array {
  const roots = alphasCumprod.map(Math.sqrt)
  const first = roots[0]!
  const last = roots.at(-1)!
  return roots.map((root) => (((root - last) * first) / (first - last)) ** 2)
}

/**
 * σ = √((1 − ᾱ) / ᾱ) and its conversions, as k-diffusion's `DiscreteSchedule` without quantising.
 * By default ᾱ and all that follows is rounded to float32, as the references do at run time.
 */
export function modelSigmas(
  alphasCumprod: Float64Array,
  { precision = 'float32' }: { readonly precision?: 'float32' | 'float64' } = {}
): ModelSigmas {
  assert(alphasCumprod.length > 1, `a noise schedule of ${alphasCumprod.length} steps`)
  const round = precision === 'float32' ? Math.fround : (value: number) => value
  const sigmas = alphasCumprod.map((value) => {
    const alpha = round(value === 0 ? SMALLEST_ALPHA : value)
    return round(Math.sqrt(round(round(1 - alpha) / alpha)))
  })
  const logs = sigmas.map((sigma) => round(Math.log(sigma)))
  const top = sigmas.length - 1

  return {
    sigmas,
    sigmaMin: sigmas[0]!,
    sigmaMax: sigmas[top]!,
    timestepOf(sigma) {
      const log = round(Math.log(round(sigma)))
      const low = Math.min(
        Math.max(
          logs.findLastIndex((value) => value <= log),
          0
        ),
        top - 1
      )
      const w = round(round(logs[low]! - log) / round(logs[low]! - logs[low + 1]!))
      const weight = Math.min(Math.max(w, 0), 1)
      return round(round(round(1 - weight) * low) + round(weight * (low + 1)))
    },
    sigmaOf(timestep) {
      assert(timestep >= 0 && timestep <= top, `timestep ${timestep} of 0…${top}`)
      const low = Math.floor(timestep)
      const weight = round(timestep - low)
      const log = round(round(1 - weight) * logs[low]!) + round(weight * logs[Math.ceil(timestep)]!)
      return round(Math.exp(round(log)))
    }
  }
}
