import { AppError } from '../errors.ts'
import type { Sampler } from './sampler.ts'
import { lcm, tcd } from './samplers/consistency.ts'
import { ddim, ddimCfgpp, ddpm, eulerCfgpp } from './samplers/ddim.ts'
import { deis } from './samplers/deis.ts'
import { dpm2, dpm2Ancestral } from './samplers/dpm2.ts'
import { dpmAdaptive, dpmFast } from './samplers/dpm-solver.ts'
import { dpmpp2m } from './samplers/dpmpp-2m.ts'
import { dpmpp2mSde, dpmpp2mSdeHeun } from './samplers/dpmpp-2m-sde.ts'
import { dpmpp2sAncestral } from './samplers/dpmpp-2s.ts'
import { dpmpp3mSde } from './samplers/dpmpp-3m-sde.ts'
import { dpmppSde } from './samplers/dpmpp-sde.ts'
import { euler, eulerAncestral } from './samplers/euler.ts'
import { heun } from './samplers/heun.ts'
import { heunpp2 } from './samplers/heunpp2.ts'
import { lms } from './samplers/lms.ts'
import { ipndm, plms } from './samplers/plms.ts'
import { resMultistep } from './samplers/res-multistep.ts'
import { restart } from './samplers/restart.ts'
import { unipc, unipcBh2 } from './samplers/unipc.ts'

/** What must be known to run a sampler well. Flags are absent where they do not hold. */
interface Traits {
  /** The schedule that somebody who chose none gets. */
  readonly usualSchedule: 'automatic' | 'karras' | 'exponential' | 'ddim-uniform' | 'turbo'
  /** Calls of the model in a step that does not end at 0, 1 where it varies; prompt schedules count calls. */
  readonly callsPerStep: 1 | 2 | 3
  /** Draws from `SamplerOptions.noise` while sampling. */
  readonly drawsNoise?: true
  /** Wants the noise of a Brownian path, `SamplerOptions.brownian`. */
  readonly brownian?: true
  /** Runs on the sigmas for one step more without the last before 0, as the web UI does. */
  readonly dropsPenultimate?: true
  /** Needs `SamplerOptions.unconditional`, so the model must make that prediction even at guidance 1. */
  readonly unconditional?: true
  /** η when nobody sets it; absent where the sampler has none. */
  readonly eta?: number
}

export interface SamplerEntry extends Traits {
  readonly id: string
  readonly label: string
  readonly run: Sampler
}

const sampler = (id: string, label: string, run: Sampler, traits: Partial<Traits> = {}): SamplerEntry => ({
  id,
  label,
  run,
  usualSchedule: 'automatic',
  callsPerStep: 1,
  ...traits
})

const ancestral = { drawsNoise: true, eta: 1 } as const
const sde = { brownian: true, eta: 1 } as const
const cfgpp = { unconditional: true, drawsNoise: true, eta: 0 } as const

/** Every sampler, in the order of the menu. Ids are stable: they are stored with results. */
export const samplers: readonly SamplerEntry[] = [
  sampler('euler', 'Euler', euler),
  sampler('euler-a', 'Euler a', eulerAncestral, ancestral),
  sampler('dpmpp-2m', 'DPM++ 2M', dpmpp2m, { usualSchedule: 'karras' }),
  sampler('dpmpp-sde', 'DPM++ SDE', dpmppSde, { ...sde, usualSchedule: 'karras', callsPerStep: 2 }),
  sampler('dpmpp-2m-sde', 'DPM++ 2M SDE', dpmpp2mSde, { ...sde, usualSchedule: 'exponential' }),
  sampler('dpmpp-2m-sde-heun', 'DPM++ 2M SDE Heun', dpmpp2mSdeHeun, { ...sde, usualSchedule: 'exponential' }),
  sampler('dpmpp-3m-sde', 'DPM++ 3M SDE', dpmpp3mSde, {
    ...sde,
    usualSchedule: 'exponential',
    dropsPenultimate: true
  }),
  sampler('dpmpp-2s-a', 'DPM++ 2S a', dpmpp2sAncestral, {
    ...ancestral,
    usualSchedule: 'karras',
    callsPerStep: 2
  }),
  sampler('unipc', 'UniPC (bh1)', unipc),
  sampler('unipc-bh2', 'UniPC (bh2)', unipcBh2),
  sampler('deis', 'DEIS', deis),
  sampler('heun', 'Heun', heun, { callsPerStep: 2 }),
  sampler('heunpp2', 'Heun++ 2', heunpp2, { callsPerStep: 3 }),
  sampler('dpm2', 'DPM2', dpm2, { usualSchedule: 'karras', callsPerStep: 2, dropsPenultimate: true }),
  sampler('dpm2-a', 'DPM2 a', dpm2Ancestral, {
    ...ancestral,
    usualSchedule: 'karras',
    callsPerStep: 2,
    dropsPenultimate: true
  }),
  sampler('lms', 'LMS', lms),
  sampler('dpm-fast', 'DPM fast', dpmFast, { drawsNoise: true, eta: 0 }),
  sampler('dpm-adaptive', 'DPM adaptive', dpmAdaptive, {
    drawsNoise: true,
    eta: 0,
    usualSchedule: 'karras'
  }),
  sampler('restart', 'Restart', restart, { drawsNoise: true, usualSchedule: 'karras', callsPerStep: 2 }),
  sampler('ddim', 'DDIM', ddim, { drawsNoise: true, eta: 0, usualSchedule: 'ddim-uniform' }),
  sampler('ddim-cfgpp', 'DDIM CFG++', ddimCfgpp, { ...cfgpp, usualSchedule: 'ddim-uniform' }),
  sampler('ddpm', 'DDPM', ddpm, { drawsNoise: true, usualSchedule: 'ddim-uniform' }),
  sampler('plms', 'PLMS', plms, { usualSchedule: 'ddim-uniform' }),
  sampler('ipndm', 'iPNDM', ipndm),
  sampler('res-multistep', 'RES multistep', resMultistep, { drawsNoise: true, eta: 0 }),
  sampler('lcm', 'LCM', lcm, { drawsNoise: true, usualSchedule: 'turbo' }),
  sampler('tcd', 'TCD', tcd, { drawsNoise: true, eta: 0.3, usualSchedule: 'turbo' }),
  sampler('euler-cfgpp', 'Euler CFG++', eulerCfgpp, { unconditional: true })
]

/** Throws AppError 'bad-message' where nothing has this id. */
export function findSampler(id: string): SamplerEntry {
  const found = samplers.find((each) => each.id === id)
  if (found === undefined)
    throw new AppError('bad-message', {
      message: `There is no sampler “${id}”.`,
      hint: `Choose one of ${samplers.map((each) => each.id).join(', ')}.`
    })
  return found
}
