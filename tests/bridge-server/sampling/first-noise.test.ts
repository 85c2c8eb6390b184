import { describe, expect, it } from 'vitest'
import { firstNoise, slerp } from '../../../bridge-server/sampling/first-noise.ts'
import { createPhiloxGenerator } from '../../../bridge-server/tensor/philox.ts'
import { createTorchGenerator } from '../../../bridge-server/tensor/torch-random.ts'
import { largestDifference } from '../../support/numbers.ts'

const shape = { channels: 4, height: 8, width: 6 }
const count = 4 * 8 * 6

describe.each([
  { source: 'cpu', generator: createTorchGenerator },
  { source: 'gpu', generator: createPhiloxGenerator }
])('the first noise, $source', ({ generator }) => {
  const of = (settings: object = {}) => firstNoise({ seed: 7, shape, generator, ...settings }).noise

  it('is the first draw of the seed, and later draws continue it', () => {
    const reference = generator(7)
    const first = firstNoise({ seed: 7, shape, generator })
    expect(first.noise).toEqual(reference.randn(count))
    expect(first.generator.randn(count)).toEqual(reference.randn(count))
  })

  it('goes from one seed to the other as the variation grows', () => {
    const other = generator(8).randn(count)
    expect(of({ variation: { seed: 8, strength: 0 } })).toEqual(of())
    expect(largestDifference(of({ variation: { seed: 8, strength: 1 } }), other)).toBeLessThan(1e-6)
    const half = of({ variation: { seed: 8, strength: 0.5 } })
    expect(largestDifference(half, of())).toBeGreaterThan(0.1)
    expect(largestDifference(half, other)).toBeGreaterThan(0.1)
  })

  it('does not disturb later draws by a variation or another size', () => {
    const plain = firstNoise({ seed: 7, shape, generator }).generator.randn(count)
    const settings = { variation: { seed: 8, strength: 0.4 }, resizeFrom: { height: 4, width: 4 } }
    expect(firstNoise({ seed: 7, shape, generator, ...settings }).generator.randn(count)).toEqual(plain)
  })

  it('holds the noise of a smaller picture in its middle', () => {
    const small = generator(7).randn(4 * 4 * 2)
    const noise = of({ resizeFrom: { height: 4, width: 2 } })
    const around = of()
    noise.forEach((value, i) => {
      const [channel, row, column] = [Math.floor(i / 48), Math.floor((i % 48) / 6) - 2, (i % 6) - 2]
      const inside = row >= 0 && row < 4 && column >= 0 && column < 2
      expect(value).toBe(inside ? small[(channel * 4 + row) * 2 + column] : around[i])
    })
  })

  it('is cut from the middle of the noise of a larger picture', () => {
    const large = generator(7).randn(4 * 10 * 10)
    const noise = of({ resizeFrom: { height: 10, width: 10 } })
    noise.forEach((value, i) => {
      const [channel, row, column] = [Math.floor(i / 48), Math.floor((i % 48) / 6), i % 6]
      expect(value).toBe(large[(channel * 10 + row + 1) * 10 + column + 2])
    })
  })
})

describe('slerp', () => {
  it('keeps the length of every column', () => {
    const column = { channels: 1, height: 64, width: 1 }
    const unit = (seed: number): Float32Array => {
      const values = createTorchGenerator(seed).randn(64)
      const length = Math.hypot(...values)
      return values.map((value) => value / length)
    }
    for (const share of [0.1, 0.5, 0.8])
      expect(Math.hypot(...slerp(unit(1), unit(2), share, column))).toBeCloseTo(1, 5)
  })

  it('of noise and itself is that noise', () => {
    const noise = createTorchGenerator(3).randn(count)
    expect(largestDifference(slerp(noise, noise, 0.3, shape), noise)).toBeLessThan(1e-6)
  })
})
