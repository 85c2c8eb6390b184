import { describe, expect, test } from 'vitest'
import { pillowBlur, tentBlur, webuiMaskBlur } from '../../../bridge-server/image/blur.ts'
import {
  compositingMask,
  denoiseMask,
  latentMask,
  selectedBounds,
  softenedInside
} from '../../../bridge-server/image/mask.ts'
import { dilate, erode } from '../../../bridge-server/image/morphology.ts'
import type { Gray } from '../../../bridge-server/image/pixels.ts'
import { maskValues } from '../../../bridge-server/protocol/context.ts'
import { largestDifference } from '../../support/numbers.ts'
import { goldenGray, imageGolden } from './golden-image.ts'

describe('blurs and growth equal Pillow and OpenCV, within the one grey level that their roundings differ', () => {
  test.each(imageGolden.blur.cases)('$result', async (example) => {
    const source = await goldenGray(imageGolden.blur.source)
    const expected = await goldenGray(example.result)
    const actual =
      example.kind === 'pillow'
        ? pillowBlur(source, example.radius)
        : example.kind === 'webui mask blur'
          ? webuiMaskBlur(source, example.radius)
          : dilate(source, (example.n - 1) / 2)
    expect(largestDifference(actual.data, expected.data)).toBeLessThanOrEqual(1)
  })
})

/** By the definition, a pixel at a time. */
function maximumOver(mask: Gray, radius: number): Uint8Array {
  return mask.data.map((_, i) => {
    const [x, y] = [i % mask.width, Math.floor(i / mask.width)]
    let most = 0
    for (let v = Math.max(0, y - radius); v <= Math.min(mask.height - 1, y + radius); v++)
      for (let u = Math.max(0, x - radius); u <= Math.min(mask.width - 1, x + radius); u++)
        most = Math.max(most, mask.data[v * mask.width + u]!)
    return most
  })
}

/** Something of every grey level, always the same. */
const noisy = (width: number, height: number): Gray => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => (i * 7919 + (i >> 3) * 104_729) % 256)
})

test.each([1, 2, 5, 17, 60])('growing by %i is the maximum over the square, at borders too', (radius) => {
  const mask = noisy(23, 18)
  expect(dilate(mask, radius).data).toEqual(maximumOver(mask, radius))
})

test('shrinking is growing what is outside, and the border of the picture does not shrink', () => {
  const mask = noisy(23, 18)
  const outside = { ...mask, data: mask.data.map((value) => 255 - value) }
  expect(erode(mask, 4).data).toEqual(maximumOver(outside, 4).map((value) => 255 - value))
  const full = { width: 9, height: 9, data: new Uint8Array(81).fill(255) }
  expect(erode(full, 3).data).toEqual(full.data)
})

test('a tent blur of a point is a pyramid of the weights', () => {
  const point = { width: 9, height: 9, data: new Uint8Array(81) }
  point.data[40] = 255
  const weights = [0, 0, 1, 2, 3, 2, 1, 0, 0]
  const expected = Uint8Array.from({ length: 81 }, (_, i) =>
    Math.round((255 * weights[i % 9]! * weights[Math.floor(i / 9)]!) / 81)
  )
  expect(tentBlur(point, 2).data).toEqual(expected)
})

const canvas = { width: 300, height: 200 }
const bounds = { x: 100, y: 60, width: 100, height: 80 }
const selection: Gray = {
  ...canvas,
  data: Uint8Array.from({ length: 300 * 200 }, (_, i) => {
    const [x, y] = [i % 300, Math.floor(i / 300)]
    return x >= 100 && x < 200 && y >= 60 && y < 140 ? 255 : 0
  })
}
const values = maskValues(bounds, canvas, 1)

test('both masks are full inside the selection and 0 beyond their reach', () => {
  const reach = values.grow + Math.floor(values.feather / 2)
  const beyond = dilate(selection, reach).data
  for (const mask of [denoiseMask(selection, values), compositingMask(selection, values)]) {
    expect(mask.data.every((value, i) => selection.data[i] === 0 || value === 255)).toBe(true)
    expect(mask.data.every((value, i) => beyond[i] === 255 || value === 0)).toBe(true)
    expect(mask.data.some((value) => value > 0 && value < 255)).toBe(true)
  }
})

test('the compositing mask of a hard selection is (denoise mask > 0), eroded and blurred', () => {
  // A reach of whole pixels past 8 bits' precision at corners: compare along a straight edge, where none is lost.
  const row = (mask: Gray) => mask.data.slice(100 * 300, 101 * 300)
  const shown = denoiseMask(selection, values).data.map((value) => (value > 0 ? 255 : 0))
  const half = Math.floor(values.blend / 2)
  const eroded = row(erode({ ...canvas, data: shown }, half))
  const composited = row(compositingMask(selection, values))
  // Where the eroded mask has its step, the blurred one has its middle.
  const step = eroded.indexOf(255)
  expect(composited[step - 1]! + composited[step]!).toBe(255)
  expect(composited[step - half - 1]).toBe(0)
  expect(composited[step + half]).toBe(255)
})

test('a gradient selection gives monotone masks of many grey levels', () => {
  const gradient: Gray = {
    width: 256,
    height: 64,
    data: Uint8Array.from({ length: 256 * 64 }, (_, i) => i % 256)
  }
  const soft = maskValues({ x: 0, y: 0, width: 256, height: 64 }, gradient, 1)
  for (const mask of [denoiseMask(gradient, soft), compositingMask(gradient, soft)]) {
    const row = mask.data.slice(32 * 256, 33 * 256)
    expect(row.every((value, x) => x === 0 || value >= row[x - 1]!)).toBe(true)
    expect(new Set(row).size).toBeGreaterThan(100)
    expect(mask.data.every((value, i) => value >= gradient.data[i]!)).toBe(true)
  }
})

test('without a feather both masks are the selection', () => {
  const hard = maskValues(bounds, canvas, 1, { feather: 0 })
  expect(denoiseMask(selection, hard).data).toEqual(selection.data)
  expect(compositingMask(selection, hard).data).toEqual(selection.data)
})

test('an edge softened inside never leaves the mask', () => {
  const inside = softenedInside(selection, 25)
  expect(inside.data.every((value, i) => value <= selection.data[i]!)).toBe(true)
  expect(inside.data[100 * 300 + 150]).toBe(255)
  expect(inside.data[100 * 300 + 105]).toBeLessThan(200)
})

test('the bounds of a selection hold its faintest pixel, and an empty one is refused with its size', () => {
  const mask = { width: 40, height: 30, data: new Uint8Array(1200) }
  expect(() => selectedBounds(mask)).toThrow(expect.objectContaining({ code: 'selection-empty' }))
  expect(() => selectedBounds(mask)).toThrow(/40 × 30/)
  mask.data[7 * 40 + 3] = 1
  mask.data[20 * 40 + 39] = 255
  expect(selectedBounds(mask)).toEqual({ x: 3, y: 7, width: 37, height: 14 })
})

test('a selection of one pixel is still there at latent size', () => {
  const mask = { width: 32, height: 16, data: new Uint8Array(512) }
  mask.data[9 * 32 + 17] = 255
  expect([...latentMask(mask, 8).data]).toEqual([0, 0, 0, 0, 0, 0, 1, 0])
})

/** Far from the selection there is nothing to do, and a mask is the same wherever its selection lies. */
test('masks of a selection do not depend on how much emptiness is around it', () => {
  const values = maskValues(bounds, canvas, 0.6)
  const moved: Gray = { width: 700, height: 500, data: new Uint8Array(700 * 500) }
  for (let y = 0; y < 200; y++)
    moved.data.set(selection.data.subarray(y * 300, (y + 1) * 300), (y + 170) * 700 + 210)
  for (const make of [denoiseMask, compositingMask]) {
    const [small, large] = [make(selection, values), make(moved, values)]
    const part = Uint8Array.from(
      small.data,
      (_, i) => large.data[(Math.floor(i / 300) + 170) * 700 + (i % 300) + 210]!
    )
    expect(part).toEqual(small.data)
    const count = (mask: Gray): number => mask.data.filter((value) => value > 0).length
    expect(count(large)).toBe(count(small))
  }
})
