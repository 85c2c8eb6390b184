import { AppError } from '../errors.ts'
import type { WeightSource } from '../graph/weight.ts'
import type { Prediction } from '../protocol/catalogue.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Config } from './config-file.ts'
import { distillationHint, embedsGuidance, stemOf, type Distillation } from './model-info.ts'
import { shownName } from './tensor-table.ts'

/** Stable Diffusion's own noise schedule. */
export const usualBetas: Checkpoint['betas'] = { start: 0.00085, end: 0.012, schedule: 'scaled_linear' }

/** What `scheduler_config.json` says the UNet predicts; null is a folder without a scheduler. */
export function predictionOf(scheduler: Config | null): Prediction {
  const name = scheduler?.text('prediction_type') ?? 'epsilon'
  if (name === 'epsilon' || name === 'sample') return name
  if (name === 'v_prediction') return 'v'
  throw new AppError('model-unsupported', {
    message: `The scheduler predicts “${name}”; Marquee knows epsilon, v_prediction and sample.`
  })
}

export function betasOf(scheduler: Config | null): Checkpoint['betas'] {
  if (scheduler === null) return usualBetas
  const schedule = scheduler.text('beta_schedule') ?? 'scaled_linear'
  const steps = scheduler.number('num_train_timesteps') ?? 1000
  if ((schedule !== 'scaled_linear' && schedule !== 'linear') || steps !== 1000)
    throw new AppError('model-unsupported', {
      message: `${shownName(scheduler.file)} says ${steps} “${schedule}” betas; Marquee knows 1000 scaled_linear or linear ones.`
    })
  return {
    start: scheduler.number('beta_start') ?? usualBetas.start,
    end: scheduler.number('beta_end') ?? usualBetas.end,
    schedule
  }
}

/** LCM models embed their guidance or come with their own scheduler; the others are known by name. */
export function distillationOf(folder: string, scheduler: Config | null, unet: WeightSource): Distillation {
  if (embedsGuidance(unet) || scheduler?.text('_class_name') === 'LCMScheduler') return 'lcm'
  return distillationHint(stemOf(folder))
}
