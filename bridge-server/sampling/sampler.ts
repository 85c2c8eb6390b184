/** Latents of one picture, flat. Samplers never need the shape: every step is element-wise. */
export type Latents = Float32Array

/** The model as samplers see it: the denoised latents x0 predicted from `x` at noise level `sigma`. */
export type Denoise = (x: Latents, sigma: number) => Promise<Latents>

export interface SamplerStep {
  readonly index: number
  readonly sigma: number
  readonly denoised: Latents
}

export interface SamplerOptions {
  /** Standard normal noise of the latents' length: the next draw of the picture's generator. */
  readonly noise: () => Latents
  /** Noise of a Brownian path over (sigma, next sigma), for the SDE samplers; normalised to unit variance. */
  readonly brownian?: (sigma: number, next: number) => Latents
  /** Stochasticity; a sampler's own default when absent. */
  readonly eta?: number
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
