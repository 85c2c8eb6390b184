import type { ModelSigmas } from './model-sigmas.ts'
import type { Denoise, Latents } from './sampler.ts'
import { combine } from './steps.ts'

/** What a network was trained to predict: the noise, the velocity (Salimans and Ho 2022, arXiv:2202.00512), or x0 itself. */
export type Prediction = 'epsilon' | 'v' | 'sample'

/** A network as trained: variance-preserving latents (unit variance at every noise level) and a timestep of 0…999, fractional. */
export type Network = (x: Latents, timestep: number) => Promise<Latents>

interface DenoiserOptions {
  /** Round timesteps to whole ones, as diffusers' solvers do on Karras sigmas; k-diffusion's `quantize`. */
  readonly quantize?: boolean
}

/** A network as a denoiser in sigma space: k-diffusion's `DiscreteEpsDDPMDenoiser` and `DiscreteVDDPMDenoiser`. */
export function denoiserOf(
  network: Network,
  sigmas: ModelSigmas,
  prediction: Prediction,
  { quantize = false }: DenoiserOptions = {}
): Denoise {
  return async (x, sigma) => {
    const scale = 1 / Math.sqrt(sigma * sigma + 1)
    const timestep = sigmas.timestepOf(sigma)
    const output = await network(combine([scale, x]), quantize ? Math.round(timestep) : timestep)
    switch (prediction) {
      case 'epsilon':
        return combine([1, x], [-sigma, output])
      case 'v':
        return combine([scale * scale, x], [-sigma * scale, output])
      case 'sample':
        return output
    }
  }
}
