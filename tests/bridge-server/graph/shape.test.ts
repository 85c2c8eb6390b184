import { expect, test } from 'vitest'

import { broadcast, convolved, resolveReshape } from '../../../bridge-server/graph/shape.ts'

test('reshape: 0 keeps a size and −1 is what remains', () => {
  expect(resolveReshape([2, 3, 4], [0, -1])).toEqual([2, 12])
  expect(resolveReshape([320, 320, 1, 1], [0, -1])).toEqual([320, 320])
  expect(resolveReshape([320], [0, 1, 1])).toEqual([320, 1, 1])
})

test('reshape: what is unknown stays unknown', () => {
  expect(resolveReshape([-1, 320, -1, -1], [0, 32, -1])).toEqual([-1, 32, -1])
})

test('broadcasting follows NumPy, and a known size wins over an unknown', () => {
  expect(broadcast([2, 3, 4], [4])).toEqual([2, 3, 4])
  expect(broadcast([5, 1, 1], [2, 1, 7, 8])).toEqual([2, 5, 7, 8])
  expect(broadcast([-1, 4], [3, 1])).toEqual([3, 4])
  expect(broadcast([-1, 4], [1, 4])).toEqual([-1, 4])
})

test('a convolution halves odd sizes upwards with stride 2 and padding 1', () => {
  expect(convolved(9, 3, 2, 2)).toBe(5)
  expect(convolved(8, 3, 2, 2)).toBe(4)
  expect(convolved(-1, 3, 2, 2)).toBe(-1)
})
