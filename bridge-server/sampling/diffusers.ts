import { AppError } from '../errors.ts'
import { roundedToEven } from '../tensor/rounding.ts'
import type { ModelSigmas } from './model-sigmas.ts'
import type { SamplingPlan } from './plan.ts'
import { findSampler } from './registry.ts'
import { exponential, karras } from './schedules/sigma-lists.ts'
import { distilled, spaced, spacedForSolvers, type Spacing } from './schedules/spacing.ts'

/** What counts here of a diffusers `scheduler_config.json`; absent values are each class's defaults. */
export interface SchedulerConfig {
  readonly _class_name: string
  readonly timestep_spacing?: Spacing
  readonly steps_offset?: number
  readonly set_alpha_to_one?: boolean
  readonly use_karras_sigmas?: boolean
  readonly use_exponential_sigmas?: boolean
  readonly algorithm_type?: string
  readonly solver_type?: string
  readonly solver_order?: number
  readonly final_sigmas_type?: 'zero' | 'sigma_min'
  readonly original_inference_steps?: number
}

type Planner = (config: SchedulerConfig, steps: number, model: ModelSigmas) => SamplingPlan

/**
 * The plan that samples as a diffusers pipeline with this scheduler does. Throws AppError 'model-unsupported' for a scheduler
 * that has no equal here.
 */
export function planAsDiffusers(config: SchedulerConfig, steps: number, model: ModelSigmas): SamplingPlan {
  const planner = planners.get(config._class_name)
  if (planner === undefined)
    throw new AppError('model-unsupported', {
      message: `There is no sampler that works as diffusers’ ${config._class_name}.`,
      hint: `Use one of ${[...planners.keys()].join(', ')}.`
    })
  return planner(config, steps, model)
}

/** DDIM, DDPM and PNDM: whole timesteps, and an end that the config names. */
const ddimLike =
  (sampler: string, endsInZero: (config: SchedulerConfig) => boolean): Planner =>
  (config, steps, model) => {
    const timesteps = spaced(config.timestep_spacing ?? 'leading', steps, training(config, model)).map(
      roundedToEven
    )
    return preserving(sampler, [...levels(timesteps, model), endsInZero(config) ? 0 : model.sigmaMin])
  }

/** Euler and other methods in sigma space: fractional timesteps, sigmas interpolated linearly. */
const eulerLike =
  (sampler: string): Planner =>
  (config, steps, model) => {
    const spacing = config.timestep_spacing ?? 'linspace'
    const plain = levels(spaced(spacing, steps, training(config, model)), model)
    const range = { sigmaMin: plain.at(-1)!, sigmaMax: plain[0]! }
    const list = reshaped(config, steps, range) ?? plain
    const start = list[0]!
    return {
      sampler: findSampler(sampler),
      sigmas: [...list, config.final_sigmas_type === 'sigma_min' ? model.sigmaMin : 0],
      startScale: spacing === 'leading' ? Math.hypot(start, 1) : start,
      endScale: 1,
      quantize: false,
      brownian: false
    }
  }

/** DPM-Solver++, UniPC and DEIS. */
const solver =
  (sampler: (config: SchedulerConfig) => string, defaultEnd: 'zero' | 'sigma_min'): Planner =>
  (config, steps, model) => {
    const timesteps = spacedForSolvers(config.timestep_spacing ?? 'linspace', steps, training(config, model))
    const list = reshaped(config, steps, model) ?? levels(timesteps.map(roundedToEven), model)
    const end = (config.final_sigmas_type ?? defaultEnd) === 'zero' ? 0 : model.sigmaMin
    return {
      ...preserving(sampler(config), [...list, end]),
      quantize: config.use_exponential_sigmas !== true,
      ...(config.solver_order === undefined ? {} : { order: config.solver_order })
    }
  }

const consistency =
  (sampler: string, end: (model: ModelSigmas) => number): Planner =>
  (config, steps, model) => {
    const timesteps = distilled(steps, config.original_inference_steps ?? 50, model.sigmas.length)
    return preserving(sampler, [...levels(timesteps, model), end(model)])
  }

const planners: ReadonlyMap<string, Planner> = new Map([
  ['DDIMScheduler', ddimLike('ddim', ({ set_alpha_to_one }) => set_alpha_to_one !== false)],
  ['PNDMScheduler', ddimLike('plms', ({ set_alpha_to_one }) => set_alpha_to_one === true)],
  ['DDPMScheduler', ddimLike('ddpm', () => true)],
  ['EulerDiscreteScheduler', eulerLike('euler')],
  ['EulerAncestralDiscreteScheduler', eulerLike('euler-a')],
  ['HeunDiscreteScheduler', eulerLike('heun')],
  ['LMSDiscreteScheduler', eulerLike('lms')],
  [
    'DPMSolverMultistepScheduler',
    solver(
      ({ algorithm_type }) => (algorithm_type === 'sde-dpmsolver++' ? 'dpmpp-2m-sde' : 'dpmpp-2m'),
      'zero'
    )
  ],
  [
    'UniPCMultistepScheduler',
    solver(({ solver_type }) => (solver_type === 'bh1' ? 'unipc' : 'unipc-bh2'), 'zero')
  ],
  ['DEISMultistepScheduler', solver(() => 'deis', 'sigma_min')],
  ['LCMScheduler', consistency('lcm', () => 0)],
  ['TCDScheduler', consistency('tcd', ({ sigmaMin }) => sigmaMin)]
])

/** Latents that diffusers keeps at unit variance start as plain noise and end so too. */
function preserving(sampler: string, sigmas: readonly number[]): SamplingPlan {
  return {
    sampler: findSampler(sampler),
    sigmas,
    startScale: Math.hypot(sigmas[0]!, 1),
    endScale: 1 / Math.hypot(sigmas.at(-1)!, 1),
    quantize: true,
    brownian: false
  }
}

const training = ({ steps_offset = 0 }: SchedulerConfig, { sigmas }: ModelSigmas) => ({
  length: sigmas.length,
  offset: steps_offset
})

/** Linear between the model's sigmas, not in ln σ as elsewhere. */
const levels = (timesteps: readonly number[], { sigmas }: ModelSigmas): number[] =>
  timesteps.map((t) => {
    const low = Math.floor(t)
    const weight = t - low
    return Math.fround((1 - weight) * sigmas[low]! + weight * sigmas[Math.ceil(t)]!)
  })

function reshaped(
  config: SchedulerConfig,
  steps: number,
  range: { readonly sigmaMin: number; readonly sigmaMax: number }
): number[] | undefined {
  if (config.use_karras_sigmas === true) return karras(steps, range).slice(0, -1)
  if (config.use_exponential_sigmas === true) return exponential(steps, range).slice(0, -1)
  return undefined
}
