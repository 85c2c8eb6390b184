import { samplerName } from '../image/webui-names.ts'
import type { Choice } from '../protocol/catalogue.ts'
import { shown, wrong } from './fields.ts'

/** What must be known of a sampler to speak of it as the web UI does. */
export interface SamplerFacts extends Choice {
  /** Id of the schedule that “Automatic” is. */
  readonly usualSchedule: string
  /** Its stochasticity when nobody sets it; absent where it has none. */
  readonly eta?: number
  readonly drawsNoise?: boolean
}

export interface Samplers {
  readonly samplers: readonly SamplerFacts[]
  readonly schedules: readonly Choice[]
}

/** Older names that clients still send. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  euler: ['k_euler'],
  'euler-a': ['k_euler_a', 'k_euler_ancestral'],
  lms: ['k_lms'],
  heun: ['k_heun'],
  dpm2: ['k_dpm_2'],
  'dpm2-a': ['k_dpm_2_a', 'k_dpm_2_ancestral'],
  'dpmpp-2s-a': ['k_dpmpp_2s_a'],
  'dpmpp-2m': ['k_dpmpp_2m'],
  'dpmpp-sde': ['k_dpmpp_sde'],
  'dpmpp-2m-sde': ['k_dpmpp_2m_sde'],
  'dpmpp-2m-sde-heun': ['k_dpmpp_2m_sde_heun'],
  'dpmpp-3m-sde': ['k_dpmpp_3m_sde'],
  'dpm-fast': ['k_dpm_fast'],
  'dpm-adaptive': ['k_dpm_ad'],
  lcm: ['k_lcm']
}

export const samplerAliases = ({ id }: Choice): readonly string[] => aliases[id] ?? []

/** `sgm_uniform` for SGM Uniform. */
export const scheduleName = ({ id }: Choice): string =>
  id === 'ddim-uniform' ? 'ddim' : id.replaceAll('-', '_')

export interface SamplingChoice {
  readonly sampler: SamplerFacts
  readonly schedule: Choice
}

/**
 * The sampler and schedule that a client means. The schedule may be in the sampler's name (“DPM++ 2M Karras”, `k_dpmpp_2m_ka`);
 * one that is named by itself counts more. “Automatic” is what suits the sampler, as in the web UI.
 */
export function chosenSampling(
  name: string,
  scheduleText: string,
  { samplers, schedules }: Samplers,
  field = 'sampler_name',
  scheduleField = 'scheduler'
): SamplingChoice {
  const wanted = normalised(name)
  const named = samplers
    .flatMap((sampler) => namesOf(sampler).map((known) => ({ sampler, known })))
    .filter(({ known }) => wanted === known || wanted.startsWith(`${known} `) || wanted === `${known}_ka`)
    .sort((a, b) => b.known.length - a.known.length)
    .map(({ sampler, known }) => ({ sampler, inName: scheduleInName(wanted.slice(known.length), schedules) }))
    .find(({ inName }) => inName !== undefined)
  if (named === undefined)
    throw wrong(field, `names no sampler there is: ${shown(name)}.`, 'See GET /sdapi/v1/samplers.')
  const apart = findSchedule(scheduleText, schedules)
  if (apart === undefined)
    throw wrong(
      scheduleField,
      `names no schedule there is: ${shown(scheduleText)}.`,
      'See GET /sdapi/v1/schedulers.'
    )
  const { sampler, inName } = named
  const usual = schedules.find(({ id }) => id === sampler.usualSchedule)
  const schedule = apart ?? inName ?? usual
  if (schedule === undefined) throw new Error(`Bug: ${sampler.id} has no usual schedule`)
  return { sampler, schedule }
}

const namesOf = (sampler: SamplerFacts): readonly string[] =>
  [samplerName(sampler), sampler.label, sampler.id, ...samplerAliases(sampler)].map(normalised)

/** Null where nothing is said, undefined where it is no schedule. */
function scheduleInName(rest: string, schedules: readonly Choice[]): Choice | null | undefined {
  return findSchedule(rest === '_ka' ? 'karras' : rest, schedules)
}

function findSchedule(text: string, schedules: readonly Choice[]): Choice | null | undefined {
  const wanted = normalised(text).replaceAll('_', ' ')
  if (['', 'automatic', 'use same scheduler', 'none'].includes(wanted)) return null
  return schedules.find((schedule) =>
    [schedule.label, scheduleName(schedule), schedule.id, schedule.label.replaceAll(' ', '')]
      .map((known) => normalised(known).replaceAll(/[_-]/g, ' '))
      .includes(wanted)
  )
}

const normalised = (text: string): string => text.trim().toLowerCase().replaceAll(/\s+/g, ' ')
