import { expect, it } from 'vitest'
import { roundedToEven } from '../../../bridge-server/tensor/rounding.ts'

it.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [-0.5, 0],
  [-1.5, -2],
  [2.4999, 2],
  [2.5001, 3],
  [7, 7]
])('%d rounds to %i', (value, rounded) => {
  expect(roundedToEven(value) + 0).toBe(rounded)
})
