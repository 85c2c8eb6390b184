import type { ModelSigmas } from '../model-sigmas.ts'
import { linspace } from './float32.ts'

/** Evenly spaced timesteps from the last to the first: k-diffusion's `get_sigmas(n)`, the web UI's "Uniform", ComfyUI's "normal". */
export const normal = (count: number, model: ModelSigmas): number[] => [
  ...linspace(model.sigmas.length - 1, 0, count).map((t) => model.sigmaOf(t)),
  0
]
