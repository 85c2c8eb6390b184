import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { alphasCumprodOf } from '../../../bridge-server/tensor/betas.ts'
import { planAsDiffusers, type SchedulerConfig } from '../../../bridge-server/sampling/diffusers.ts'
import { modelSigmas } from '../../../bridge-server/sampling/model-sigmas.ts'
import { golden } from '../../support/golden.ts'
import { largestRelativeDifference } from '../../support/numbers.ts'

interface SpacingCase {
  readonly n: number
  readonly spacing: 'linspace' | 'leading' | 'trailing'
  readonly steps_offset: number
  readonly ddim_timesteps: readonly number[]
  readonly euler_sigmas: readonly number[]
  readonly euler_init_noise_sigma: number
}

interface RunCase {
  readonly sampler: string
  readonly n: number
  readonly reference: string
  readonly options: Omit<SchedulerConfig, '_class_name'>
  readonly timesteps?: readonly number[]
  readonly sigmas?: readonly number[]
  readonly start_scale: number
}

const { diffusers_timesteps } = JSON.parse(readFileSync(golden('schedules/schedules.json'), 'utf8')) as {
  readonly diffusers_timesteps: { readonly cases: readonly SpacingCase[] }
}
const runs = JSON.parse(readFileSync(golden('samplers/samplers.json'), 'utf8')) as {
  readonly cases: readonly RunCase[]
}
const model = modelSigmas(alphasCumprodOf({ start: 0.00085, end: 0.012, schedule: 'scaled_linear' }))

/** diffusers multiplies its alphas up in float32, which moves the smallest sigma by two parts in 100 000. */
const TABLE = 5e-5

describe.each(diffusers_timesteps.cases)('$n steps, spacing $spacing, offset $steps_offset', (each) => {
  const settings = { timestep_spacing: each.spacing, steps_offset: each.steps_offset }

  it('are DDIM’s timesteps', () => {
    const { sigmas } = planAsDiffusers({ _class_name: 'DDIMScheduler', ...settings }, each.n, model)
    expect(sigmas.slice(0, -1).map((sigma) => Math.round(model.timestepOf(sigma)))).toEqual(
      each.ddim_timesteps
    )
  })

  it('are Euler’s sigmas, and its first noise', () => {
    const plan = planAsDiffusers({ _class_name: 'EulerDiscreteScheduler', ...settings }, each.n, model)
    expect(largestRelativeDifference(plan.sigmas, each.euler_sigmas)).toBeLessThan(TABLE)
    expect(Math.abs(plan.startScale / each.euler_init_noise_sigma - 1)).toBeLessThan(TABLE)
  })
})

const solverRuns = runs.cases.filter(
  ({ reference, sampler }) => reference.startsWith('diffusers') && sampler !== 'diffusers heun'
)

describe('the run of', () => {
  it.each(
    solverRuns.map((run) => ({
      ...run,
      name: `${run.sampler}, ${run.n} steps, ${JSON.stringify(run.options)}`
    }))
  )('$name', ({ reference, options, n, sigmas, timesteps = [], start_scale, sampler }) => {
    const plan = planAsDiffusers({ _class_name: reference.split(' ').at(-1)!, ...options }, n, model)
    if (sigmas !== undefined) expect(largestRelativeDifference(plan.sigmas, sigmas)).toBeLessThan(TABLE)
    // PLMS calls the model twice at its second timestep.
    const expected = timesteps.filter((t, i) => t !== timesteps[i - 1])
    const asked = plan.sigmas.slice(0, n).map((sigma) => Math.round(model.timestepOf(sigma)))
    expect(asked).toEqual(expected)
    const inSigmaSpace = sampler.startsWith('diffusers euler')
    const scale = inSigmaSpace ? plan.startScale : plan.startScale / Math.hypot(plan.sigmas[0]!, 1)
    expect(Math.abs(scale / start_scale - 1)).toBeLessThan(TABLE)
  })
})

describe('a scheduler that has no equal here', () => {
  it('is refused by name', () => {
    expect(() => planAsDiffusers({ _class_name: 'RePaintScheduler' }, 8, model)).toThrow('RePaintScheduler')
  })
})
