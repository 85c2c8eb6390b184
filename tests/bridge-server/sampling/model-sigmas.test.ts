import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { alphasCumprodOf } from '../../../bridge-server/tensor/betas.ts'
import { modelSigmas, zeroTerminalSnr } from '../../../bridge-server/sampling/model-sigmas.ts'
import { golden } from '../../support/golden.ts'
import { largestDifference, largestRelativeDifference } from '../../support/numbers.ts'
import { readArrays } from '../../support/safetensors.ts'

interface Recorded {
  readonly conversions: {
    readonly sigma_to_t: readonly {
      readonly sigma: number
      readonly t: number
      readonly t_quantised: number
    }[]
    readonly t_to_sigma: readonly { readonly t: number; readonly sigma: number }[]
  }
}

const { conversions } = JSON.parse(readFileSync(golden('schedules/schedules.json'), 'utf8')) as Recorded
const arrays = readArrays(golden('schedules/discrete.safetensors'))
const array = (name: string): Float64Array => arrays.get(name)!.data

const alphas = alphasCumprodOf({ start: 0.00085, end: 0.012, schedule: 'scaled_linear' })
const exact = modelSigmas(alphas, { precision: 'float64' })
const sigmas = modelSigmas(alphas)

describe('the noise levels of Stable Diffusion', () => {
  it('have the alphas of the reference', () => {
    expect(largestRelativeDifference(alphas, array('alphas_cumprod_float64'))).toBeLessThan(1e-12)
  })

  it('have the sigmas of the reference in double precision', () => {
    expect(largestRelativeDifference(exact.sigmas, array('sigmas_float64'))).toBeLessThan(1e-11)
  })

  it('have the sigmas that float32 alphas give at run time, within one float32 step', () => {
    // torch takes square roots with a vector library that is not always correctly rounded.
    const step = 2 ** -23
    expect(largestRelativeDifference(sigmas.sigmas, array('sigmas_from_float32_alphas'))).toBeLessThanOrEqual(
      step
    )
    expect(sigmas.sigmaMax).toBe(14.614642143249512)
  })
})

describe('the way between sigmas and timesteps', () => {
  it.each(conversions.sigma_to_t)('puts sigma $sigma at timestep $t', ({ sigma, t }) => {
    expect(Math.abs(exact.timestepOf(sigma) - t)).toBeLessThan(1e-6)
  })

  it.each(conversions.t_to_sigma)('puts timestep $t at sigma $sigma', ({ t, sigma }) => {
    // k-diffusion reads the timestep as float32 before it interpolates.
    expect(Math.abs(exact.sigmaOf(Math.fround(t)) / sigma - 1)).toBeLessThan(1e-9)
  })

  it('leads back to where it started', () => {
    for (let t = 0; t <= 999; t += 0.37) expect(exact.timestepOf(exact.sigmaOf(t))).toBeCloseTo(t, 6)
  })

  it('gives whole timesteps at the model’s own sigmas, in float32 too', () => {
    expect([...sigmas.sigmas].map((sigma) => sigmas.timestepOf(sigma))).toEqual(
      Array.from(sigmas.sigmas.keys())
    )
  })
})

describe('zero terminal SNR', () => {
  it('ends in pure noise, as the reference', () => {
    const rescaled = zeroTerminalSnr(alphas)
    expect(rescaled.at(-1)).toBe(0)
    expect(largestDifference(rescaled, array('zero_snr_alphas_cumprod'))).toBeLessThan(1e-12)
  })

  it('has finite sigmas', () => {
    const { sigmas } = modelSigmas(zeroTerminalSnr(alphas), { precision: 'float64' })
    expect(largestRelativeDifference(sigmas, array('zero_snr_sigmas'))).toBeLessThan(1e-8)
  })
})
