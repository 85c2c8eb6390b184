import { describe, expect, test } from 'vitest'

import { runTiled, spans } from '../../../bridge-server/runtime/tiles.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { largestDifference } from '../../support/numbers.ts'

describe('spans', () => {
  test.each([
    [64, 64, 16],
    [65, 64, 16],
    [200, 64, 16],
    [113, 32, 16],
    [20, 64, 16]
  ])('cover %i with tiles of %i that share at least %i', (length, tile, overlap) => {
    const all = spans(length, tile, overlap)
    expect(all[0]!.start).toBe(0)
    expect(all.at(-1)!.end).toBe(length)
    for (const [i, { start, end }] of all.entries()) {
      expect(end - start).toBe(Math.min(tile, length))
      if (i > 0) expect(all[i - 1]!.end - start).toBeGreaterThanOrEqual(overlap)
    }
  })
})

const picture = (dims: readonly number[]): Tensor => ({
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 0.37)),
  dims
})

describe('runTiled', () => {
  test('of a network that does nothing gives the picture back', async () => {
    const x = picture([1, 3, 77, 130])
    const tiles: number[] = []
    const y = await runTiled(x, { tile: 32, overlap: 8, inputUnit: 1, outputUnit: 1 }, (tile) => {
      tiles.push(tile.data.length)
      return Promise.resolve(tile)
    })
    expect(tiles.length).toBeGreaterThan(8)
    expect(y.dims).toEqual(x.dims)
    // Sums of weighted equals: a rounding or two.
    expect(largestDifference(y.data, x.data)).toBeLessThan(1e-6)
  })

  test('of a network that doubles the size puts every tile where it belongs', async () => {
    const x = picture([1, 2, 50, 40])
    const double = ({ data, dims }: Tensor): Tensor => {
      const [n = 1, c = 1, h = 1, w = 1] = dims
      const out = Float32Array.from({ length: n * c * 4 * h * w }, (_, i) => {
        const [plane, row, column] = [
          Math.floor(i / (4 * h * w)),
          Math.floor(i / (2 * w)) % (2 * h),
          i % (2 * w)
        ]
        return data[plane * h * w + (row >> 1) * w + (column >> 1)]!
      })
      return { data: out, dims: [n, c, 2 * h, 2 * w] }
    }
    const y = await runTiled(x, { tile: 16, overlap: 4, inputUnit: 1, outputUnit: 2 }, (t) =>
      Promise.resolve(double(t))
    )
    expect(largestDifference(y.data, double(x).data)).toBeLessThan(1e-6)
  })

  test('tiles that differ by a constant meet without a step', async () => {
    const x = picture([1, 1, 16, 64])
    let tile = 0
    const y = await runTiled(x, { tile: 32, overlap: 16, inputUnit: 1, outputUnit: 1 }, ({ data, dims }) => {
      const level = tile++
      return Promise.resolve({ data: data.map(() => level), dims })
    })
    const row = y.data.subarray(0, 64)
    const steps = row.slice(1).map((value, i) => Math.abs(value - row[i]!))
    expect(tile).toBe(3)
    expect(Math.max(...steps)).toBeLessThan(1.5 / 16)
  })
})
