import { expect, test } from 'vitest'

import { guidanceEmbedding, timestepEmbedding } from '../../../bridge-server/nn/timestep-embedding.ts'

test('step 0 is all cosines of 0, then all sines of 0', () => {
  expect([...timestepEmbedding(Float32Array.of(0), 6)]).toEqual([1, 1, 1, 0, 0, 0])
})

test('frequencies go from 1 to 1/10000 in equal ratios', () => {
  const [a, b, , c, d] = timestepEmbedding(Float32Array.of(1), 6)
  expect([a, c]).toEqual([Math.fround(Math.cos(1)), Math.fround(Math.sin(1))])
  expect(b).toBeCloseTo(Math.cos(10_000 ** (-1 / 3)), 6)
  expect(d).toBeCloseTo(Math.sin(10_000 ** (-1 / 3)), 6)
})

test('a fractional step lies between its neighbours, and rows do not touch each other', () => {
  const [low, middle, high] = [10, 10.5, 11].map((t) => timestepEmbedding(Float32Array.of(t), 320))
  const slowest = 319
  expect(middle![slowest]).toBeGreaterThan(low![slowest]!)
  expect(middle![slowest]).toBeLessThan(high![slowest]!)
  expect([...timestepEmbedding(Float32Array.of(10, 11), 320)]).toEqual([...low!, ...high!])
})

test('guidance 1 is all sines of 0, then all cosines of 0; an odd last channel is 0', () => {
  expect([...guidanceEmbedding(1, 7)]).toEqual([0, 0, 0, 1, 1, 1, 0])
})

test('guidance goes in times a thousand, at frequencies from 1 to 1/10000', () => {
  const [sine, , slow] = guidanceEmbedding(1.5, 6)
  expect(sine).toBe(Math.fround(Math.sin(500)))
  expect(slow).toBeCloseTo(Math.sin(0.05), 6)
})
