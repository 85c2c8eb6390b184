import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createMersenneTwister } from '../../../bridge-server/tensor/mersenne-twister.ts'
import { createTorchGenerator } from '../../../bridge-server/tensor/torch-random.ts'
import { golden } from '../../support/golden.ts'
import { largestDifference } from '../../support/numbers.ts'

interface Draw {
  readonly n: number
  readonly values: readonly number[]
}

interface Recorded {
  readonly tolerance: number
  readonly cases: readonly {
    readonly seed: string
    readonly raw_u32_first8: readonly number[]
    readonly randn: readonly Draw[]
    readonly randn_shape: readonly {
      readonly shape: readonly number[]
      readonly first32: readonly number[]
      readonly last32: readonly number[]
    }[]
  }[]
  readonly sequences: readonly { readonly seed: string; readonly draws_from_one_generator: readonly Draw[] }[]
}

const recorded = JSON.parse(readFileSync(golden('random/torch-cpu.json'), 'utf8')) as Recorded

describe.each(recorded.cases)(
  'torch CPU generator, seed $seed',
  ({ seed, raw_u32_first8, randn, randn_shape }) => {
    it('gives the same bits', () => {
      const bits = createMersenneTwister(Number(BigInt(seed) & 0xffffffffn))
      expect(raw_u32_first8.map(() => bits())).toEqual(raw_u32_first8)
    })

    // Below 16 values torch computes in double precision with the C library, so the float32 results are equal.
    it.each(randn.filter(({ n }) => n < 16))('randn($n) is bit-equal', ({ n, values }) => {
      expect([...createTorchGenerator(BigInt(seed)).randn(n)]).toEqual(values)
    })

    it.each(randn.filter(({ n }) => n >= 16))('randn($n) is equal within the tolerance', ({ n, values }) => {
      expect(largestDifference(createTorchGenerator(BigInt(seed)).randn(n), values)).toBeLessThan(
        recorded.tolerance
      )
    })

    it.each(randn_shape)('randn($shape) is equal within the tolerance', ({ shape, first32, last32 }) => {
      const count = shape.reduce((product, size) => product * size, 1)
      const values = createTorchGenerator(BigInt(seed)).randn(count)
      expect(largestDifference(values.subarray(0, 32), first32)).toBeLessThan(recorded.tolerance)
      expect(largestDifference(values.subarray(-32), last32)).toBeLessThan(recorded.tolerance)
    })
  }
)

describe('one generator', () => {
  it.each(recorded.sequences)(
    'continues across draws of any size, seed $seed',
    ({ seed, draws_from_one_generator }) => {
      const generator = createTorchGenerator(BigInt(seed))
      for (const { n, values } of draws_from_one_generator)
        expect(largestDifference(generator.randn(n), values)).toBeLessThan(recorded.tolerance)
    }
  )

  it('takes the low 32 bits of a seed, as a number or a bigint', () => {
    const values = createTorchGenerator(5).randn(8)
    expect(createTorchGenerator(2n ** 53n + 5n).randn(8)).toEqual(values)
    expect(createTorchGenerator(2 ** 40 + 5).randn(8)).toEqual(values)
    expect(createTorchGenerator(6).randn(8)).not.toEqual(values)
  })
})
