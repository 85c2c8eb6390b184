/** How the noise of training grew from step to step. */
export interface Betas {
  readonly start: number
  readonly end: number
  /** `scaled_linear`: linear in the square root, as all Stable Diffusion models. */
  readonly schedule: 'scaled_linear' | 'linear'
}

const TRAINING_STEPS = 1000

/**
 * ᾱ of DDPM (Ho et al. 2020, arXiv:2006.11239): the cumulative product of 1 − β over the training steps, in float64;
 * ldm.modules.diffusionmodules.util.make_beta_schedule.
 */
export function alphasCumprodOf({ start, end, schedule }: Betas): Float64Array {
  const scaled = schedule === 'scaled_linear'
  const [first, last] = scaled ? [Math.sqrt(start), Math.sqrt(end)] : [start, end]
  let product = 1
  return Float64Array.from({ length: TRAINING_STEPS }, (_, t) => {
    const value = first + (t / (TRAINING_STEPS - 1)) * (last - first)
    product *= 1 - (scaled ? value * value : value)
    return product
  })
}
