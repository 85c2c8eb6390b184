import { expect, test } from 'vitest'

import {
  broadcast,
  convolved,
  createSizes,
  multiple,
  resolveReshape
} from '../../../bridge-server/graph/shape.ts'

test('reshape: 0 keeps a size and −1 is what remains', () => {
  expect(resolveReshape([2, 3, 4], [0, -1])).toEqual([2, 12])
  expect(resolveReshape([320, 320, 1, 1], [0, -1])).toEqual([320, 320])
  expect(resolveReshape([320], [0, 1, 1])).toEqual([320, 1, 1])
})

test('reshape: what is unknown stays unknown', () => {
  expect(resolveReshape([-1, 320, -1, -1], [0, 32, -1])).toEqual([-1, 32, -1])
})

test('reshape: free sizes that are kept cancel, and what remains has one name wherever it is', () => {
  const sizes = createSizes()
  const [n, h, w] = ['n', 'h', 'w'].map((name) => sizes.named(name))
  const tokens = resolveReshape([n!, 320, h!, w!], [0, 0, -1], sizes)[2]!
  expect(sizes.nameOf(tokens)).toBe('h*w')
  expect(resolveReshape([n!, 64, w!, h!], [0, 0, -1], sizes)).toEqual([n, 64, tokens])
  expect(resolveReshape([n!, tokens, 8, 40], [0, 0, -1], sizes)).toEqual([n, tokens, 320])
  expect(resolveReshape([n!, 320, tokens], [0, 320, -1], sizes)[2]).toBe(tokens)
  expect(sizes.nameOf(resolveReshape([n!, 320, h!, w!], [0, 32, -1], sizes)[2]!)).toBe('10*h*w')
})

test('reshape: a size that was not there before hides what remains', () => {
  const sizes = createSizes()
  expect(resolveReshape([sizes.named('n'), 6], [sizes.named('m'), -1], sizes)[1]).toBe(-1)
})

test('broadcasting follows NumPy, and a known size wins over an unknown', () => {
  expect(broadcast([2, 3, 4], [4])).toEqual([2, 3, 4])
  expect(broadcast([5, 1, 1], [2, 1, 7, 8])).toEqual([2, 5, 7, 8])
  expect(broadcast([-1, 4], [3, 1])).toEqual([3, 4])
  expect(broadcast([-1, 4], [1, 4])).toEqual([-1, 4])
})

test('broadcasting: a free size stays beside itself and 1, and two different ones may be either', () => {
  const sizes = createSizes()
  const [h, w] = [sizes.named('h'), sizes.named('w')]
  expect(broadcast([h, w], [h, 1])).toEqual([h, w])
  expect(broadcast([1, w], [h, w])).toEqual([h, w])
  expect(broadcast([h, 5], [w, w])).toEqual([-1, 5])
  expect(broadcast([h], [-1])).toEqual([-1])
})

test('a convolution halves odd sizes upwards with stride 2 and padding 1', () => {
  const sizes = createSizes()
  const half = { kernel: 3, stride: 2, padding: 2 }
  expect(convolved(sizes, 9, half)).toBe(5)
  expect(convolved(sizes, 8, half)).toBe(4)
  expect(convolved(sizes, -1, half)).toBe(-1)
})

test('a free size goes through a convolution as it is, or as one that only the same convolution gives', () => {
  const sizes = createSizes()
  const h = sizes.named('h')
  const half = { kernel: 3, stride: 2, padding: 2 }
  expect(convolved(sizes, h, { kernel: 3, stride: 1, padding: 2 })).toBe(h)
  expect(convolved(sizes, h, half)).toBe(convolved(sizes, h, half))
  expect(convolved(sizes, h, half)).not.toBe(h)
  expect(convolved(sizes, h, half)).not.toBe(convolved(sizes, h, { ...half, padding: 1 }))
  expect(sizes.nameOf(multiple(sizes, h, 2))).toBe('2*h')
})
