import path from 'node:path'

import { expect, test } from 'vitest'

import { resizeBicubic } from '../../../bridge-server/runtime/depth.ts'
import { largestDifference } from '../../support/numbers.ts'
import { readRecorded } from './recorded.ts'

const wave = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i))

test('resizing to the same size changes nothing', () => {
  const x = { data: wave(3 * 20 * 30), dims: [1, 3, 20, 30] }
  expect(largestDifference(resizeBicubic(x, 20, 30).data, x.data)).toBeLessThan(1e-6)
})

test('a constant stays what it is, larger or smaller', () => {
  const x = { data: new Float32Array(3 * 20 * 30).fill(0.7), dims: [1, 3, 20, 30] }
  for (const [h, w] of [
    [7, 64],
    [64, 7],
    [1, 1]
  ] as const)
    expect(resizeBicubic(x, h, w).data.every((value) => Math.abs(value - 0.7) < 1e-6)).toBe(true)
})

test('agrees with Pillow', () => {
  const recorded = readRecorded(
    path.join(import.meta.dirname, '../../fixtures/pocket/pocket-depth.safetensors')
  )
  const resized = resizeBicubic(recorded.tensor('vae.image'), 128, 128)
  // Pillow keeps float32 between its two passes as we do, and sums in another order.
  expect(largestDifference(resized.data, recorded.tensor('depth.pixels').data)).toBeLessThan(1e-6)
})
