import type { ModelSigmas } from './model-sigmas.ts'

/** Latents of one picture, flat. Samplers never need the shape: every step is element-wise. */
export type Latents = Float32Array

/** The model as samplers see it: the denoised latents x0 predicted from `x` at noise level `sigma`. */
export type Denoise = (x: Latents, sigma: number) => Promise<Latents>

export interface SamplerStep {
  readonly index: number
  readonly sigma: number
  readonly denoised: Latents
}

/** Extra noise of Karras et al. 2022, algorithm 2 (S_churn, S_tmin, S_tmax); only Euler, Heun and DPM2 have it. */
export interface Churn {
  readonly amount: number
  /** Noise levels between which it is added; everywhere when absent. */
  readonly from?: number
  readonly to?: number
}

/** When Restart sampling goes back up, and how often. */
export interface RestartPlan {
  /** The noise level nearest this one is where it goes back up. */
  readonly low: number
  /** The noise level nearest this one is where it goes to. */
  readonly high: number
  /** Noise levels of one way down again, both ends included. */
  readonly steps: number
  readonly times: number
}

export interface SamplerOptions {
  /** Standard normal noise of the latents' length: the next draw of the picture's generator. */
  readonly noise: () => Latents
  /** Noise of a Brownian path over (sigma, next sigma), for the SDE samplers; normalised to unit variance. */
  readonly brownian?: (sigma: number, next: number) => Latents
  /** Stochasticity; a sampler's own default when absent. */
  readonly eta?: number
  /** Factor of the added noise (S_noise); 1 when absent. */
  readonly noiseScale?: number
  readonly churn?: Churn
  /** Order of a multistep solver; a sampler's own default when absent. */
  readonly order?: number
  /** Where the inner call of DPM++ SDE lies within a step, as a share of it; 1/2 when absent. */
  readonly ratio?: number
  /** Allowed error per step of an adaptive sampler. */
  readonly tolerance?: { readonly relative: number; readonly absolute: number }
  /** The web UI's own plan when absent. */
  readonly restart?: RestartPlan
  /** The unconditional prediction that belongs to the model's last answer; CFG++ samplers need it. */
  readonly unconditional?: () => Latents
  /** The model's own noise levels; samplers that step in its timesteps (TCD) need them. */
  readonly modelSigmas?: ModelSigmas
  /** Told after the first call of the model in every step, before the step is made. */
  readonly onStep?: (step: SamplerStep) => void
  /** Checked before every call of the model. */
  readonly signal?: AbortSignal
}

/** Integrates from `sigmas[0]` down to the last sigma (usually 0) and returns the final latents; `x` is not changed. */
export type Sampler = (
  denoise: Denoise,
  x: Latents,
  sigmas: readonly number[],
  options: SamplerOptions
) => Promise<Latents>
