import { expect, test } from 'vitest'
import { fittedMap } from '../../../bridge-server/image/fit-map.ts'

const gray = (width: number, values: readonly number[]) => ({
  width,
  height: values.length / width,
  data: Uint8Array.from(values)
})

const wide = gray(4, [1, 2, 3, 4, 5, 6, 7, 8])
const square = { width: 10, height: 10 }

test('a stretched map is as it is', () => {
  expect(fittedMap(wide, square, 'stretch')).toBe(wide)
})

test('a cut map keeps its middle', () => {
  expect(fittedMap(wide, square, 'crop')).toEqual(gray(2, [2, 3, 6, 7]))
})

test('a padded map lies in the middle of black', () => {
  expect(fittedMap(wide, square, 'pad')).toEqual(gray(4, [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0]))
})

test('colours come with their alpha, and what is put around them is transparent black', () => {
  const map = { width: 1, height: 2, data: Uint8ClampedArray.of(9, 8, 7, 6, 5, 4, 3, 2) }
  expect([...fittedMap(map, square, 'pad').data]).toEqual([0, 0, 0, 0, 9, 8, 7, 6, 0, 0, 0, 0, 5, 4, 3, 2])
  expect([...fittedMap(map, square, 'crop').data]).toEqual([9, 8, 7, 6])
})

test.each(['crop', 'pad'] as const)('a map of the area’s form stays whole: %s', (resize) => {
  expect(fittedMap(wide, { width: 200, height: 100 }, resize)).toEqual(wide)
})
