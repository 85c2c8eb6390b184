import { AppError } from '../errors.ts'
import type { ModelSigmas } from './model-sigmas.ts'
import { alignYourSteps, alignYourStepsComfyui, type StepsTable } from './schedules/align-your-steps.ts'
import {
  exponential,
  karras,
  klOptimal,
  klOptimalComfyui,
  linearQuadratic,
  polyexponential,
  variancePreserving
} from './schedules/sigma-lists.ts'
import {
  beta,
  betaComfyui,
  ddimUniform,
  normal,
  sgmUniform,
  simple,
  turbo
} from './schedules/timestep-lists.ts'

export interface ScheduleOptions {
  /** The model's family, for schedules that have a table per family; `sd` when absent. */
  readonly family?: StepsTable
}

export interface Schedule {
  readonly id: string
  /** As the web UI writes it, where it has this schedule. */
  readonly label: string
  /** Falling noise levels: steps + 1 of them and the last 0, but for the few that say otherwise. */
  readonly sigmas: (steps: number, model: ModelSigmas, options: ScheduleOptions) => number[]
}

/** Every schedule, in the order of the menu. Ids are stable: they are stored with results. Where the web UI and ComfyUI differ the plain id is the web UI's. */
export const schedules: readonly Schedule[] = [
  { id: 'automatic', label: 'Automatic', sigmas: normal },
  { id: 'uniform', label: 'Uniform', sigmas: normal },
  { id: 'karras', label: 'Karras', sigmas: (steps, model) => karras(steps, model) },
  { id: 'exponential', label: 'Exponential', sigmas: exponential },
  {
    id: 'polyexponential',
    label: 'Polyexponential',
    sigmas: (steps, model) => polyexponential(steps, model)
  },
  { id: 'sgm-uniform', label: 'SGM Uniform', sigmas: sgmUniform },
  { id: 'simple', label: 'Simple', sigmas: simple },
  { id: 'normal', label: 'Normal', sigmas: normal },
  { id: 'ddim-uniform', label: 'DDIM', sigmas: ddimUniform },
  { id: 'beta', label: 'Beta', sigmas: beta },
  { id: 'beta-comfyui', label: 'Beta (ComfyUI)', sigmas: betaComfyui },
  { id: 'kl-optimal', label: 'KL Optimal', sigmas: klOptimal },
  { id: 'kl-optimal-comfyui', label: 'KL Optimal (ComfyUI)', sigmas: klOptimalComfyui },
  {
    id: 'align-your-steps',
    label: 'Align Your Steps',
    sigmas: (steps, _, { family = 'sd' }) => alignYourSteps(steps, family)
  },
  {
    id: 'align-your-steps-comfyui',
    label: 'Align Your Steps (ComfyUI)',
    sigmas: (steps, _, { family = 'sd' }) => alignYourStepsComfyui(steps, family)
  },
  { id: 'linear-quadratic', label: 'Linear Quadratic', sigmas: linearQuadratic },
  { id: 'turbo', label: 'Turbo', sigmas: turbo },
  { id: 'vp', label: 'VP', sigmas: variancePreserving }
]

/** Throws AppError 'bad-message' where nothing has this id. */
export function findSchedule(id: string): Schedule {
  const found = schedules.find((schedule) => schedule.id === id)
  if (found === undefined)
    throw new AppError('bad-message', {
      message: `There is no schedule “${id}”.`,
      hint: `Choose one of ${schedules.map((schedule) => schedule.id).join(', ')}.`
    })
  return found
}

/** The noise levels of a schedule. Throws as `findSchedule`. */
export const sigmasFor = (
  id: string,
  steps: number,
  model: ModelSigmas,
  options: ScheduleOptions = {}
): number[] => findSchedule(id).sigmas(steps, model, options)
