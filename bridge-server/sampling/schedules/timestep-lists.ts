import { roundedToEven } from '../../tensor/rounding.ts'
import type { ModelSigmas } from '../model-sigmas.ts'
import { betaQuantile } from './beta-quantile.ts'
import { linspace } from './float32.ts'

/** Both parameters of the beta distribution, as ComfyUI and the web UI have them. */
const BETA = 0.6

/** Evenly spaced timesteps from the last to the first: k-diffusion's `get_sigmas(n)`, the web UI's "Uniform", ComfyUI's "normal". */
export const normal = (count: number, model: ModelSigmas): number[] => [
  ...linspace(last(model), 0, count).map((t) => model.sigmaOf(t)),
  0
]

/** Evenly spaced timesteps without the first one, as Stability's own sampler has them. */
export const sgmUniform = (count: number, model: ModelSigmas): number[] => [
  ...linspace(last(model), 0, count + 1)
    .slice(0, -1)
    .map((t) => model.sigmaOf(t)),
  0
]

/** Every (1000 / count)th of the model's own sigmas, from the largest. */
export const simple = (count: number, { sigmas }: ModelSigmas): number[] => [
  ...Array.from({ length: count }, (_, i) => sigmas.at(-1 - Math.floor(i * (sigmas.length / count)))!),
  0
]

/** DDIM's original timesteps 1, 1 + s, 1 + 2s … with s = ⌊1000 / count⌋; one step more where count does not divide 1000. */
export function ddimUniform(count: number, { sigmas }: ModelSigmas): number[] {
  const stride = Math.max(Math.floor(sigmas.length / count), 1)
  return [...sigmas.filter((_, t) => t >= 1 && (t - 1) % stride === 0).toReversed(), 0]
}

/** Timesteps at quantiles of a beta distribution, Lee et al. 2024 (arXiv:2407.12173), as in ComfyUI; fewer steps where timesteps coincide. */
export function betaComfyui(count: number, model: ModelSigmas): number[] {
  const timesteps = Array.from({ length: count }, (_, i) =>
    roundedToEven(betaQuantile(1 - i / count, BETA, BETA) * last(model))
  )
  return [...[...new Set(timesteps)].map((t) => model.sigmas[t]!), 0]
}

/** Sigmas, not timesteps, at quantiles of a beta distribution, as in the web UI. */
export const beta = (count: number, { sigmaMin, sigmaMax }: ModelSigmas): number[] => [
  ...linspace(0, 1, count).map((share) => {
    const quantile = betaQuantile(1 - share, BETA, BETA)
    return Math.fround(sigmaMin + quantile * (sigmaMax - sigmaMin))
  }),
  0
]

/** The timesteps that turbo models were distilled at: the ends of `count` equal parts of the training steps; the web UI's "Turbo". */
export const turbo = (count: number, { sigmas }: ModelSigmas): number[] => [
  ...Array.from({ length: count }, (_, i) => {
    const timestep = roundedToEven(((count - i) * sigmas.length) / count - 1)
    return sigmas[Math.max(timestep, 0)]!
  }),
  0
]

const last = ({ sigmas }: ModelSigmas): number => sigmas.length - 1
