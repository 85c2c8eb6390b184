import { AppError } from '../errors.ts'
import type { Sampler } from './sampler.ts'
import { ddim, ddimCfgpp, ddpm, eulerCfgpp } from './samplers/ddim.ts'
import { dpmpp2m } from './samplers/dpmpp-2m.ts'
import { euler, eulerAncestral } from './samplers/euler.ts'

/** A sampler and what must be known to run it well. Flags are absent where they do not hold. */
export interface SamplerEntry {
  readonly id: string
  readonly label: string
  readonly run: Sampler
  /** What "automatic" means to a person who chose nothing: the schedule it is usually run with. */
  readonly usualSchedule: string
  /** Calls of the model per step, but for the last; prompt schedules count calls. */
  readonly callsPerStep: 1 | 2 | 3
  /** Draws noise while sampling; without it the result depends on the first latents alone. */
  readonly stochastic?: true
  /** Wants the noise of a Brownian path (`SamplerOptions.brownian`). */
  readonly brownian?: true
  /** Runs on the sigmas for one step more without the last before 0, as the web UI does. */
  readonly dropsPenultimate?: true
  /** Needs `SamplerOptions.unconditional`; the model must make that prediction even at guidance 1. */
  readonly unconditional?: true
  /** η when nobody sets it; absent where the sampler has none. */
  readonly eta?: number
}

export const samplers: readonly SamplerEntry[] = [
  { id: 'euler', label: 'Euler', run: euler, usualSchedule: 'automatic', callsPerStep: 1 },
  {
    id: 'euler-a',
    label: 'Euler a',
    run: eulerAncestral,
    usualSchedule: 'automatic',
    callsPerStep: 1,
    stochastic: true,
    eta: 1
  },
  { id: 'dpmpp-2m', label: 'DPM++ 2M', run: dpmpp2m, usualSchedule: 'karras', callsPerStep: 1 },
  {
    id: 'ddim',
    label: 'DDIM',
    run: ddim,
    usualSchedule: 'uniform',
    callsPerStep: 1,
    stochastic: true,
    eta: 0
  },
  {
    id: 'ddim-cfgpp',
    label: 'DDIM CFG++',
    run: ddimCfgpp,
    usualSchedule: 'uniform',
    callsPerStep: 1,
    stochastic: true,
    unconditional: true,
    eta: 0
  },
  { id: 'ddpm', label: 'DDPM', run: ddpm, usualSchedule: 'uniform', callsPerStep: 1, stochastic: true },
  {
    id: 'euler-cfgpp',
    label: 'Euler CFG++',
    run: eulerCfgpp,
    usualSchedule: 'automatic',
    callsPerStep: 1,
    unconditional: true
  }
]

/** Throws AppError 'bad-message' where nothing has this id. */
export function findSampler(id: string): SamplerEntry {
  const found = samplers.find((sampler) => sampler.id === id)
  if (found === undefined)
    throw new AppError('bad-message', {
      message: `There is no sampler “${id}”.`,
      hint: `Choose one of ${samplers.map((sampler) => sampler.id).join(', ')}.`
    })
  return found
}
