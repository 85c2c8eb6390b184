import type { ModelSigmas } from './model-sigmas.ts'
import { findSampler, type SamplerEntry } from './registry.ts'
import { sigmasFor, type ScheduleOptions } from './schedules.ts'

/** How one picture is sampled: everything that follows from the settings before any noise is drawn. */
export interface SamplingPlan {
  readonly sampler: SamplerEntry
  /** Noise levels to walk; the first latents are noised to the first of them. */
  readonly sigmas: readonly number[]
  /** Deviation of the noise that txt2img starts from; `sigmas[0]` unless the reference starts in variance-preserving latents. */
  readonly startScale: number
  /** What the final latents are multiplied by; 1 unless the reference stops above 0 in variance-preserving latents. */
  readonly endScale: number
  /** Whether the model is asked at whole timesteps; for `denoiserOf`. */
  readonly quantize: boolean
  /** Whether SDE noise is a Brownian path; where it is not, such a sampler gets plain draws. */
  readonly brownian: boolean
  /** Order of a multistep sampler, where it is not its own default. */
  readonly order?: number
}

export interface PlanSettings extends ScheduleOptions {
  readonly sampler: string
  readonly schedule: string
  readonly steps: number
  /** Share of the steps that img2img makes, 0…1; absent for txt2img, which makes all. */
  readonly strength?: number
  /** With a strength: all `steps` are made, as the last part of a longer schedule (`img2img_fix_steps`, and every second pass). */
  readonly makesAll?: boolean
}

/** The plan as the web UI and k-diffusion make it. Throws AppError 'bad-message' for an unknown sampler or schedule. */
export function planSampling(settings: PlanSettings, model: ModelSigmas): SamplingPlan {
  const sampler = findSampler(settings.sampler)
  const drops = sampler.dropsPenultimate === true
  const sigmasOf = (steps: number): readonly number[] => {
    const list = sigmasFor(settings.schedule, steps + (drops ? 1 : 0), model, settings)
    return drops ? [...list.slice(0, -2), ...list.slice(-1)] : list
  }
  const sigmas = part(settings, sigmasOf)
  return {
    sampler,
    sigmas,
    startScale: sigmas[0]!,
    endScale: 1,
    quantize: false,
    brownian: sampler.brownian === true
  }
}

function part(
  { steps, strength, makesAll = false }: PlanSettings,
  sigmasOf: (steps: number) => readonly number[]
): readonly number[] {
  if (strength === undefined) return sigmasOf(steps)
  if (!makesAll) return lastPart(sigmasOf(steps), steps, strength)
  const total = Math.trunc(steps / Math.min(strength, 0.999))
  return sigmasOf(total).slice(-steps - 1)
}

/** The web UI's rule: ⌊strength · steps⌋ steps and one more, but never all but the first. */
function lastPart(sigmas: readonly number[], steps: number, strength: number): readonly number[] {
  const kept = Math.min(Math.floor(strength * steps), steps - 1)
  const start = Math.min(steps - kept - 1, sigmas.length - 2)
  return sigmas.slice(start)
}
