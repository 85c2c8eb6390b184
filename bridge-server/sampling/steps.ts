import { assert } from '../errors.ts'
import type { Denoise, Latents, SamplerOptions } from './sampler.ts'

/** One step of a sampler, with the model's prediction at its start. */
export interface Step {
  readonly index: number
  /** Noise level of `x`. */
  readonly sigma: number
  /** Noise level where the step ends. */
  readonly next: number
  readonly x: Latents
  readonly denoised: Latents
  /** The model, for methods that call it again within the step. */
  readonly model: Denoise
}

/** Latents and their noise level. */
export interface Noised {
  readonly x: Latents
  readonly sigma: number
}

/**
 * Walks down `sigmas` from whatever `current` gives, calling the model once at the start of every step.
 * `raised` may add noise before that call (churn).
 */
export async function* steps(
  denoise: Denoise,
  current: () => Latents,
  sigmas: readonly number[],
  options: SamplerOptions,
  raised: (state: Noised) => Noised = (state) => state
): AsyncGenerator<Step> {
  const model = cancellable(denoise, options.signal)
  for (let index = 0; index + 1 < sigmas.length; index++) {
    const { x, sigma } = raised({ x: current(), sigma: sigmas[index]! })
    const denoised = await model(x, sigma)
    options.onStep?.({ index, sigma, denoised })
    yield { index, sigma, next: sigmas[index + 1]!, x, denoised, model }
  }
}

/** The model, which refuses to start once `signal` is aborted. */
export const cancellable =
  (denoise: Denoise, signal: AbortSignal | undefined): Denoise =>
  (x, sigma) => {
    signal?.throwIfAborted()
    return denoise(x, sigma)
  }

/** A linear combination of latents, computed in double precision and rounded once. */
export function combine(...terms: readonly (readonly [factor: number, latents: Latents])[]): Latents {
  const [first] = terms
  assert(first !== undefined, 'a combination of nothing')
  const sum = new Float64Array(first[1].length)
  for (const [factor, latents] of terms) {
    assert(latents.length === sum.length, `latents of ${latents.length} and ${sum.length} numbers`)
    if (factor !== 0) for (let i = 0; i < sum.length; i++) sum[i]! += factor * latents[i]!
  }
  return Float32Array.from(sum)
}

/** Euler's step of dx/dσ = (x − denoised) / σ, which is a mean of both: exact at `to` = 0. */
export const eulerStep = (x: Latents, denoised: Latents, sigma: number, to: number): Latents =>
  combine([to / sigma, x], [1 - to / sigma, denoised])
