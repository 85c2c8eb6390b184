import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { alphasCumprodOf } from '../../../bridge-server/tensor/betas.ts'
import { brownianNoise } from '../../../bridge-server/sampling/brownian.ts'
import { modelSigmas } from '../../../bridge-server/sampling/model-sigmas.ts'
import { findSampler } from '../../../bridge-server/sampling/registry.ts'
import type { Denoise, Latents, SamplerOptions } from '../../../bridge-server/sampling/sampler.ts'
import { measured } from '../../support/fidelity.ts'
import { golden } from '../../support/golden.ts'
import { largestDifference } from '../../support/numbers.ts'
import { readArrays } from '../../support/safetensors.ts'
import { denoiserOfMixture, type Mixture } from './mixture.ts'

type Values = readonly number[]

interface Case {
  readonly sampler: string
  readonly n: number
  readonly options: Readonly<Record<string, unknown>>
  readonly noise: 'none' | 'tape' | 'brownian'
  /** Present for diffusers: which scaling the state and the result have. */
  readonly state?: string
  readonly sigmas?: Values
  readonly start_scale: number
  readonly model_calls: number
  readonly noise_used: number
  readonly final: Values
  readonly model_sigmas?: Values
  readonly timesteps?: Values
  readonly trajectory?: readonly { readonly x: Values; readonly denoised: Values }[]
}

interface Recorded {
  readonly model: Mixture
  readonly tolerance: number
  readonly cases: readonly Case[]
}

const recorded = JSON.parse(readFileSync(golden('samplers/samplers.json'), 'utf8')) as Recorded
const arrays = readArrays(golden('samplers/noise.safetensors'))
const start = Float32Array.from(arrays.get('start')!.data)
const tape = Float32Array.from(arrays.get('noise')!.data)
const modelSigmasOfReference = modelSigmas(
  alphasCumprodOf({ start: 0.00085, end: 0.012, schedule: 'scaled_linear' })
)

describe.each(recorded.cases.map((each) => ({ ...each, name: nameOf(each) })))('$name', (recordedCase) => {
  it('ends where the reference ends', async () => {
    const { final, calls, steps } = await runOf(recordedCase)
    expect(calls.length).toBe(recordedCase.model_calls)
    const difference = largestDifference(final, recordedCase.final)
    measured('Samplers, after the whole run', recordedCase.sampler, difference)
    expect(difference).toBeLessThan(recorded.tolerance)
    recordedCase.trajectory?.forEach(({ denoised }, i) => {
      expect(largestDifference(steps[i]!, denoised)).toBeLessThan(recorded.tolerance)
    })
    recordedCase.model_sigmas?.forEach((sigma, i) => {
      expect(Math.abs(calls[i]! / sigma - 1)).toBeLessThan(recorded.tolerance)
    })
  })
})

async function runOf(recordedCase: Case) {
  const sigmas = sigmasOf(recordedCase)
  const preserving = recordedCase.state?.startsWith('sqrt(a)') ?? false
  const first = recordedCase.start_scale * (preserving ? Math.hypot(sigmas[0]!, 1) : 1)
  const ideal = denoiserOfMixture(recorded.model)
  const calls: number[] = []
  const counted: Denoise = (x, sigma) => {
    calls.push(sigma)
    return ideal(x, sigma)
  }
  const steps: Latents[] = []
  const x = start.map((value) => value * first)
  const { run } = findSampler(idOf(recordedCase))
  const options = {
    ...optionsOf(recordedCase, sigmas),
    onStep: ({ denoised }: { denoised: Latents }) => steps.push(denoised)
  }
  const end =
    recordedCase.sampler === 'diffusers ddim'
      ? await asDiffusersDdim((from, leg) => run(counted, from, leg, options), x, sigmas, recordedCase)
      : await run(counted, x, sigmas, options)
  return {
    final: end.map((value) => (preserving ? value / Math.hypot(sigmas.at(-1)!, 1) : value)),
    calls,
    steps
  }
}

/**
 * diffusers' DDIM steps ⌊1000 / n⌋ timesteps down and then takes the latents for those of the next timestep in its list, which is
 * not the same where n does not divide 1000; so each step is made by itself.
 */
async function asDiffusersDdim(
  run: (x: Latents, sigmas: Values) => Promise<Latents>,
  x: Latents,
  sigmas: Values,
  { n, timesteps = [] }: Case
): Promise<Latents> {
  const stride = Math.floor(modelSigmasOfReference.sigmas.length / n)
  for (const [i, timestep] of timesteps.entries()) {
    const target = modelSigmasOfReference.sigmas[Math.max(timestep - stride, 0)]!
    const taken = sigmas[i + 1]!
    const scale = Math.hypot(taken, 1) / Math.hypot(target, 1)
    x = (await run(x, [sigmas[i]!, target])).map((value) => value * scale)
  }
  return x
}

function nameOf({ sampler, n, options, noise, sigmas }: Case): string {
  const settings = Object.entries(options).map(([key, value]) => `${key} ${String(value)}`)
  const last = sigmas?.at(-1) === 0 ? [] : ['stops above 0']
  return [`${sampler}, ${n} steps`, `noise ${noise}`, ...settings, ...last].join(', ')
}

const ids: Readonly<Record<string, string>> = {
  euler_ancestral: 'euler-a',
  dpm_2: 'dpm2',
  dpm_2_ancestral: 'dpm2-a',
  dpmpp_2s_ancestral: 'dpmpp-2s-a',
  'plms (pndm)': 'plms',
  'ddim eta 1': 'ddim',
  'dpmpp_2m karras': 'dpmpp-2m',
  'dpmpp_2m_sde karras': 'dpmpp-2m-sde',
  'deis order 2': 'deis',
  'deis order 3': 'deis',
  'unipc bh1 order 2': 'unipc',
  'unipc bh1 order 3': 'unipc',
  'unipc bh2 order 2': 'unipc-bh2',
  'unipc bh2 order 3': 'unipc-bh2'
}

function idOf({ sampler, options }: Case): string {
  const name = sampler.replace('diffusers ', '')
  const id = ids[name] ?? name.replaceAll('_', '-')
  return id === 'dpmpp-2m-sde' && options['solver_type'] === 'heun' ? 'dpmpp-2m-sde-heun' : id
}

/** The list a sampler of ours walks: diffusers names the calls only, and what comes after the last follows from its options. */
function sigmasOf({ sampler, sigmas, model_sigmas: calls = [], options, timesteps = [] }: Case): Values {
  if (sampler === 'dpm_fast' || sampler === 'dpm_adaptive') return sigmas!.filter((sigma) => sigma > 0)
  if (sampler === 'diffusers heun') return sigmas!.filter((sigma, i) => sigma !== sigmas![i - 1])
  if (sigmas !== undefined) return sigmas
  const levels = timesteps.length > 0 ? calls.filter((sigma, i) => sigma !== calls[i - 1]) : calls
  const endsAtFirst = options['set_alpha_to_one'] === false || sampler === 'tcd'
  return [...levels, endsAtFirst ? modelSigmasOfReference.sigmaMin : 0]
}

function optionsOf(recordedCase: Case, sigmas: Values): SamplerOptions {
  const { options, sampler, noise } = recordedCase
  const number = (name: string): number | undefined => options[name] as number | undefined
  let row = 0
  const take = (): Latents => tape.subarray(row * start.length, ++row * start.length)
  const eta = sampler === 'diffusers ddim eta 1' ? 1 : number('eta')
  const seed = number('brownian_seed')
  const positive = sigmas.filter((sigma) => sigma > 0).map(Math.fround)
  const brownian =
    seed === undefined
      ? take
      : brownianNoise({
          seed,
          length: start.length,
          sigmaMin: Math.min(...positive),
          sigmaMax: Math.max(...positive)
        })
  return {
    noise: take,
    ...(noise === 'none' ? {} : { brownian }),
    ...defined('eta', eta),
    ...defined('noiseScale', number('s_noise')),
    ...defined('order', number('order') ?? number('solver_order')),
    ...defined('ratio', number('r')),
    ...defined('tolerance', tolerancesOf(options)),
    ...defined('churn', churnOf(options)),
    ...(sampler === 'restart' ? { restart: { low: 0.1, high: 2, steps: 4, times: 2 } } : {}),
    modelSigmas: modelSigmasOfReference
  }
}

function churnOf(options: Readonly<Record<string, unknown>>) {
  const amount = options['s_churn'] as number | undefined
  if (amount === undefined) return undefined
  const from = options['s_tmin'] as number | undefined
  const to = options['s_tmax'] as number | undefined
  return { amount, ...defined('from', from), ...defined('to', to) }
}

function tolerancesOf(options: Readonly<Record<string, unknown>>) {
  const relative = options['rtol'] as number | undefined
  const absolute = options['atol'] as number | undefined
  return relative === undefined || absolute === undefined ? undefined : { relative, absolute }
}

const defined = <Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } =>
  (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value }
