import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createPhiloxGenerator, philox4x32 } from '../../../bridge-server/tensor/philox.ts'
import { golden } from '../../support/golden.ts'
import { largestDifference } from '../../support/numbers.ts'

interface Recorded {
  readonly tolerance: number
  readonly known_answers: readonly {
    readonly counter: readonly string[]
    readonly key: readonly string[]
    readonly output: readonly string[]
  }[]
  readonly documented_example: { readonly values: readonly number[] }
  readonly cases: readonly {
    readonly seed: string
    readonly raw_call0_index0: readonly number[]
    readonly call0_shape_4_8_8: { readonly first32: readonly number[]; readonly last32: readonly number[] }
    readonly call1_first16: readonly number[]
    readonly call2_first16: readonly number[]
  }[]
}

const recorded = JSON.parse(readFileSync(golden('random/philox.json'), 'utf8')) as Recorded
const { tolerance } = recorded
const words = (hex: readonly string[]): number[] => hex.map((word) => Number.parseInt(word, 16))

function answer(counter: readonly number[], key: readonly [number, number]): number[] {
  const state = Uint32Array.from(counter)
  philox4x32(state, key)
  return [...state]
}

describe('Philox 4x32-10', () => {
  it.each(recorded.known_answers)('gives Random123’s answer $output', ({ counter, key, output }) => {
    const [k0 = 0, k1 = 0] = words(key)
    expect(answer(words(counter), [k0, k1])).toEqual(words(output))
  })

  it('gives the example that the web UI documents', () => {
    const { values } = recorded.documented_example
    expect(largestDifference(createPhiloxGenerator(0).randn(12), values)).toBeLessThan(tolerance)
  })
})

describe.each(recorded.cases)('CUDA noise, seed $seed', ({ seed, ...expected }) => {
  it('uses all 64 bits of the seed', () => {
    const bits = BigInt(seed)
    const key = [Number(bits & 0xffffffffn), Number(bits >> 32n)] as const
    expect(answer([0, 0, 0, 0], key)).toEqual(expected.raw_call0_index0)
  })

  it('is equal within the tolerance, call after call', () => {
    const generator = createPhiloxGenerator(BigInt(seed))
    const first = generator.randn(4 * 8 * 8)
    expect(largestDifference(first.subarray(0, 32), expected.call0_shape_4_8_8.first32)).toBeLessThan(
      tolerance
    )
    expect(largestDifference(first.subarray(-32), expected.call0_shape_4_8_8.last32)).toBeLessThan(tolerance)
    expect(largestDifference(generator.randn(16), expected.call1_first16)).toBeLessThan(tolerance)
    expect(largestDifference(generator.randn(16), expected.call2_first16)).toBeLessThan(tolerance)
  })
})
