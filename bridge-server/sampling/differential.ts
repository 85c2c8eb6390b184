import type { Denoise, Latents } from './sampler.ts'

/**
 * Keeps what is known, each latent until its turn: one of mask m joins in the last share m of the steps and then changes freely
 * (differential diffusion: Levin and Fried 2023, arXiv:2306.00950). Where `mask` is 0 nothing ever changes, where it is 1 all does
 * from the start. `sigmas` are those of the schedule, the last of them 0.
 */
export function freeingInTurn(
  denoise: Denoise,
  mask: Latents,
  known: Latents,
  sigmas: readonly number[]
): Denoise {
  const steps = sigmas.length - 1
  return async (x, sigma) => {
    const limit = 1 - (stepAt(sigma, sigmas) + 1) / steps
    const denoised = await denoise(x, sigma)
    return denoised.map((value, i) => (isFree(mask[i]!, limit) ? value : known[i]!))
  }
}

/** What has joined in when all steps are made, as a mask of 0 and 1. */
export const everFree = (mask: Latents): Latents => mask.map((value) => (isFree(value, 0) ? 1 : 0))

/** Masks are float32 and come from bytes: a 255th is far more than their error. */
const isFree = (value: number, limit: number): boolean => value > 0 && value >= limit - 1e-6

/** The step that a call at this noise level belongs to; calls within a step belong to it. */
function stepAt(sigma: number, sigmas: readonly number[]): number {
  const next = sigmas.findIndex((level) => level < sigma * (1 - 1e-6))
  return Math.min(Math.max(next - 1, 0), sigmas.length - 2)
}
