import { AppError } from '../errors.ts'
import type { ModelSigmas } from './model-sigmas.ts'
import { exponential, karras } from './schedules/sigma-lists.ts'
import { normal } from './schedules/timestep-lists.ts'

export interface ScheduleOptions {
  /** Align Your Steps has a table per family. */
  readonly family?: 'sd' | 'sdxl'
}

export interface Schedule {
  readonly id: string
  readonly label: string
  /** Falling noise levels for `steps` steps, in most cases steps + 1 of them, the last 0. */
  readonly sigmas: (steps: number, model: ModelSigmas, options: ScheduleOptions) => number[]
}

export const schedules: readonly Schedule[] = [
  { id: 'automatic', label: 'Automatic', sigmas: normal },
  { id: 'uniform', label: 'Uniform', sigmas: normal },
  { id: 'karras', label: 'Karras', sigmas: (steps, model) => karras(steps, model) },
  { id: 'exponential', label: 'Exponential', sigmas: exponential },
  { id: 'normal', label: 'Normal', sigmas: normal }
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
