import { describe, expect, it } from 'vitest'
import { alphasCumprodOf } from '../../../bridge-server/tensor/betas.ts'
import { modelSigmas } from '../../../bridge-server/sampling/model-sigmas.ts'
import { planSampling } from '../../../bridge-server/sampling/plan.ts'
import { sigmasFor } from '../../../bridge-server/sampling/schedules.ts'

const model = modelSigmas(alphasCumprodOf({ start: 0.00085, end: 0.012, schedule: 'scaled_linear' }))
const plan = (sampler: string, steps: number, strength?: number) =>
  planSampling({ sampler, schedule: 'karras', steps, ...(strength === undefined ? {} : { strength }) }, model)

describe('a plan', () => {
  it('walks the schedule from its largest sigma', () => {
    const { sigmas, startScale, endScale } = plan('euler', 8)
    expect(sigmas).toEqual(sigmasFor('karras', 8, model))
    expect([startScale, endScale]).toEqual([sigmas[0], 1])
  })

  it.each(['dpm2', 'dpm2-a', 'dpmpp-3m-sde'])(
    'for %s has one step more and drops the last sigma before 0',
    (sampler) => {
      const longer = sigmasFor('karras', 9, model)
      expect(plan(sampler, 8).sigmas).toEqual([...longer.slice(0, 8), 0])
    }
  )

  // The web UI's t_enc = min(int(strength · steps), steps − 1), and one step more than that.
  it.each([
    [10, 0.3, 4],
    [8, 0.75, 7],
    [8, 1, 8],
    [10, 0, 1],
    [1, 0.5, 1],
    [20, 0.01, 1]
  ])('of %i steps at strength %d makes the last %i', (steps, strength, made) => {
    expect(plan('euler', steps, strength).sigmas).toEqual(sigmasFor('karras', steps, model).slice(-made - 1))
  })

  it('refuses an unknown sampler with the names of those there are', () => {
    expect(() => plan('no-such', 8)).toThrow(expect.objectContaining({ code: 'bad-message' }))
  })
})
