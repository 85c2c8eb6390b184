import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { alphasCumprodOf } from '../../../bridge-server/tensor/betas.ts'
import { AppError } from '../../../bridge-server/errors.ts'
import { modelSigmas, type ModelSigmas } from '../../../bridge-server/sampling/model-sigmas.ts'
import { schedules, sigmasFor } from '../../../bridge-server/sampling/schedules.ts'
import { betaQuantile } from '../../../bridge-server/sampling/schedules/beta-quantile.ts'
import { karras, polyexponential } from '../../../bridge-server/sampling/schedules/sigma-lists.ts'
import { golden } from '../../support/golden.ts'
import { largestRelativeDifference } from '../../support/numbers.ts'

interface Case {
  readonly schedule: string
  readonly n: number
  readonly parameters: {
    readonly sigma_min?: number
    readonly sigma_max?: number
    readonly rho?: number
    readonly model?: 'sd15' | 'sdxl'
  }
  readonly sigmas: readonly number[]
  readonly sigmas_as_torch_float32?: readonly number[]
}

const { sigma_lists } = JSON.parse(readFileSync(golden('schedules/schedules.json'), 'utf8')) as {
  readonly sigma_lists: readonly Case[]
}

/** The tolerance that the file states, relative. */
const TOLERANCE = 1e-5
const alphas = alphasCumprodOf({ start: 0.00085, end: 0.012, schedule: 'scaled_linear' })
const exact = modelSigmas(alphas, { precision: 'float64' })
const real = modelSigmas(alphas)

/** The file names ComfyUI's form plainly where the two differ. */
const ids: Readonly<Record<string, string>> = {
  beta: 'beta-comfyui',
  beta_webui: 'beta',
  kl_optimal: 'kl-optimal-comfyui',
  kl_optimal_webui: 'kl-optimal',
  align_your_steps_webui: 'align-your-steps',
  align_your_steps_comfyui: 'align-your-steps-comfyui'
}

function listOf({ schedule, n, parameters: { sigma_min, sigma_max, rho, model } }: Case): number[] {
  const range: ModelSigmas = {
    ...exact,
    sigmaMin: sigma_min ?? exact.sigmaMin,
    sigmaMax: sigma_max ?? exact.sigmaMax
  }
  if (schedule === 'karras') return karras(n, range, rho)
  if (schedule === 'polyexponential') return polyexponential(n, range, rho)
  const family = model === 'sdxl' ? 'sdxl' : 'sd'
  return sigmasFor(ids[schedule] ?? schedule.replaceAll('_', '-'), n, range, { family })
}

function nameOf({ schedule, n, parameters: { sigma_min, rho, model } }: Case): string {
  const details = [
    model,
    rho === undefined ? undefined : `rho ${rho}`,
    sigma_min === 0.1 ? 'from 10 to 0.1' : undefined
  ]
  return [`${schedule}, ${n} steps`, ...details.filter((detail) => detail !== undefined)].join(', ')
}

describe('a schedule has the sigmas of the reference', () => {
  it.each(sigma_lists.map((each) => ({ ...each, name: nameOf(each) })))('$name', (each) => {
    expect(largestRelativeDifference(listOf(each), each.sigmas)).toBeLessThan(TOLERANCE)
  })

  // A Brownian path is asked at the last bit of a sigma; torch's power may be off by one float32 step.
  it.each(
    sigma_lists
      .filter((each) => each.sigmas_as_torch_float32 !== undefined)
      .map((each) => ({ ...each, name: nameOf(each) }))
  )('$name, as float32 numbers within two steps', (each) => {
    expect(largestRelativeDifference(listOf(each), each.sigmas_as_torch_float32!)).toBeLessThan(2 ** -22)
  })
})

describe.each(schedules)('$label', ({ id }) => {
  it.each([1, 2, 5, 20, 50, 150])('falls from step to step, %i steps', (steps) => {
    const sigmas = sigmasFor(id, steps, real)
    expect(sigmas.length).toBeGreaterThan(1)
    sigmas.slice(1).forEach((sigma, i) => {
      expect(sigma).toBeLessThan(sigmas[i]!)
    })
    expect(sigmas.every((sigma) => sigma >= 0 && Math.fround(sigma) === sigma)).toBe(true)
  })
})

describe('Turbo', () => {
  it('has the timesteps that the models were distilled at', () => {
    const timesteps = sigmasFor('turbo', 4, real).map((sigma) => (sigma > 0 ? real.timestepOf(sigma) : 'end'))
    expect(timesteps).toEqual([999, 749, 499, 249, 'end'])
  })
})

describe('an unknown schedule', () => {
  it('is refused with the names of those there are', () => {
    expect(() => sigmasFor('no-such', 4, real)).toThrow(AppError)
    expect(() => sigmasFor('no-such', 4, real)).toThrow('“no-such”')
  })
})

describe('the beta quantile', () => {
  it('is the arcsine law at one half: sin²(πp / 2)', () => {
    for (const p of [1e-6, 0.1, 0.37, 0.5, 0.9, 1 - 1e-6])
      expect(Math.abs(betaQuantile(p, 0.5, 0.5) - Math.sin((Math.PI * p) / 2) ** 2)).toBeLessThan(1e-13)
  })

  it('is symmetric', () => {
    for (const p of [0.01, 0.2, 0.45])
      expect(Math.abs(betaQuantile(p, 0.6, 1.7) + betaQuantile(1 - p, 1.7, 0.6) - 1)).toBeLessThan(1e-13)
  })
})
