import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { blended, guided, keepingKnown, rescaled } from '../../../bridge-server/sampling/guidance.ts'
import type { Latents } from '../../../bridge-server/sampling/sampler.ts'
import { eulerCfgpp } from '../../../bridge-server/sampling/samplers/ddim.ts'
import { golden } from '../../support/golden.ts'
import { largestDifference } from '../../support/numbers.ts'

type Values = readonly number[]

interface Recorded {
  readonly guidance: {
    readonly inputs: {
      readonly cond: Values
      readonly uncond: Values
      readonly x: Values
      readonly sigma: number
      readonly sigma_next: number
      readonly scale: number
    }
    readonly plain: { readonly result: Values }
    readonly rescale: readonly { readonly phi: number; readonly result: Values }[]
    readonly rescale_in_v: { readonly phi: number; readonly result: Values }
    readonly euler_cfgpp: { readonly result: Values }
  }
}

const { guidance } = JSON.parse(readFileSync(golden('samplers/samplers.json'), 'utf8')) as Recorded
const { sigma, sigma_next, scale } = guidance.inputs
const x = Float32Array.from(guidance.inputs.x)
const cond = Float32Array.from(guidance.inputs.cond)
const uncond = Float32Array.from(guidance.inputs.uncond)
const predict = () => Promise.resolve({ cond, uncond })
const noise = (): Latents => new Float32Array(x.length)

/** Values of about ten in float32. */
const ROUNDING = 1e-5

describe('guidance', () => {
  it('moves from the unconditional prediction past the conditional one', async () => {
    const result = await guided(predict, scale)(x, sigma)
    expect(largestDifference(result, guidance.plain.result)).toBeLessThan(ROUNDING)
  })

  it('of 1 is the conditional prediction, and needs no other', async () => {
    expect(await guided(() => Promise.resolve({ cond }), 1)(x, sigma)).toEqual(cond)
  })

  it('is the same whether noise or pictures are mixed', async () => {
    const toNoise = (denoised: Latents): Latents => x.map((value, i) => (value - denoised[i]!) / sigma)
    const [of, not] = [toNoise(cond), toNoise(uncond)]
    const mixed = x.map((value, i) => value - sigma * (not[i]! + scale * (of[i]! - not[i]!)))
    expect(largestDifference(await guided(predict, scale)(x, sigma), mixed)).toBeLessThan(ROUNDING)
  })
})

describe('rescaling', () => {
  it.each(guidance.rescale)('by $phi of the deviation', ({ phi, result }) => {
    const plain = Float32Array.from(guidance.plain.result)
    expect(largestDifference(rescaled(plain, cond, phi), result)).toBeLessThan(ROUNDING)
  })

  it('acts on the velocity', async () => {
    const { phi, result } = guidance.rescale_in_v
    expect(largestDifference(await guided(predict, scale, { rescale: phi })(x, sigma), result)).toBeLessThan(
      ROUNDING
    )
  })
})

describe('CFG++', () => {
  it('goes on with the unconditional noise', async () => {
    const denoise = guided(predict, scale)
    const options = { noise, unconditional: denoise.unconditional }
    const result = await eulerCfgpp(denoise, x, [sigma, sigma_next], options)
    expect(largestDifference(result, guidance.euler_cfgpp.result)).toBeLessThan(ROUNDING)
  })

  it('does not run without it', async () => {
    await expect(eulerCfgpp(guided(predict, scale), x, [sigma, sigma_next], { noise })).rejects.toThrow('Bug')
  })
})

describe('keeping what is known', () => {
  const mask = x.map((_, i) => (i % 3) / 2)

  it('predicts the known picture where the mask is 0, and is free where it is 1', async () => {
    const result = await keepingKnown(() => Promise.resolve(cond), mask, uncond)(x, sigma)
    mask.forEach((value, i) => {
      if (value === 0) expect(result[i]).toBe(uncond[i])
      if (value === 1) expect(result[i]).toBe(cond[i])
      if (value === 0.5) expect(result[i]).toBeCloseTo((cond[i]! + uncond[i]!) / 2, 6)
    })
  })

  it('changes nothing that is known already', () => {
    expect(largestDifference(blended(uncond, mask, uncond), uncond)).toBeLessThan(1e-6)
  })
})
