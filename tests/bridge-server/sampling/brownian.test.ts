import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brownianNoise } from '../../../bridge-server/sampling/brownian.ts'
import { golden } from '../../support/golden.ts'
import { largestDifference } from '../../support/numbers.ts'
import { readArrays } from '../../support/safetensors.ts'

interface Call {
  readonly sigma: number
  readonly sigma_next: number
  readonly array: string
}

interface Recorded {
  readonly tolerance: number
  readonly cases: readonly {
    readonly schedule: string
    readonly seed: string
    readonly sigma_min: number
    readonly sigma_max: number
    readonly calls_in_order: readonly Call[]
  }[]
  readonly batched: {
    readonly seeds: readonly number[]
    readonly sigma_min: number
    readonly sigma_max: number
    readonly calls_in_order: readonly Call[]
  }
}

const { tolerance, cases, batched } = JSON.parse(
  readFileSync(golden('random/brownian.json'), 'utf8')
) as Recorded
const arrays = readArrays(golden('random/brownian.safetensors'))
const LENGTH = 4 * 8 * 8

describe.each(cases)(
  'the Brownian path of seed $seed over $schedule',
  ({ seed, sigma_min, sigma_max, calls_in_order }) => {
    const path = { seed: BigInt(seed), length: LENGTH, sigmaMin: sigma_min, sigmaMax: sigma_max }
    const noise = brownianNoise(path)

    it.each(calls_in_order)('from $sigma to $sigma_next', ({ sigma, sigma_next, array }) => {
      expect(largestDifference(noise(sigma, sigma_next), arrays.get(array)!.data)).toBeLessThan(tolerance)
    })

    it('does not depend on what was asked before', () => {
      for (const { sigma, sigma_next } of calls_in_order.toReversed())
        expect(brownianNoise(path)(sigma, sigma_next)).toEqual(noise(sigma, sigma_next))
    })
  }
)

describe('a batch', () => {
  it.each(batched.seeds.map((seed, image) => ({ seed, image })))(
    'has one path per picture, seed $seed',
    ({ seed, image }) => {
      const noise = brownianNoise({
        seed,
        length: LENGTH,
        sigmaMin: batched.sigma_min,
        sigmaMax: batched.sigma_max
      })
      for (const { sigma, sigma_next, array } of batched.calls_in_order) {
        const expected = arrays.get(array)!.data.subarray(image * LENGTH, (image + 1) * LENGTH)
        expect(largestDifference(noise(sigma, sigma_next), expected)).toBeLessThan(tolerance)
      }
    }
  )
})

describe('Brownian noise', () => {
  const noise = brownianNoise({ seed: 7, length: 4096, sigmaMin: 0.03, sigmaMax: 14.6 })

  it('is standard normal over any interval', () => {
    for (const [sigma, next] of [
      [14.6, 9.1],
      [3, 2.9],
      [0.2, 0.03]
    ] as const) {
      const values = noise(sigma, next)
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length
      // Five standard errors of 4096 values.
      expect(Math.abs(mean)).toBeLessThan(5 / 64)
      expect(Math.abs(variance - 1)).toBeLessThan((5 * Math.SQRT2) / 64)
    }
  })

  it('adds up: the gains over two halves are the gain over the whole', () => {
    const gain = (from: number, to: number) => noise(from, to).map((value) => value * Math.sqrt(from - to))
    const [first, second] = [gain(8, 3), gain(3, 1)]
    expect(
      largestDifference(
        gain(8, 1),
        first.map((value, i) => value + second[i]!)
      )
    ).toBeLessThan(1e-4)
  })
})
