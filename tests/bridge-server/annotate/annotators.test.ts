import { describe, expect, test } from 'vitest'
import { makeMap } from '../../../bridge-server/annotate/make-map.ts'
import { annotators } from '../../../bridge-server/annotate/registry.ts'
import { blindNetworks } from './networks.ts'
import type { Gray, Rgba } from '../../../bridge-server/image/pixels.ts'

const paint = (width: number, height: number, colour: (x: number, y: number) => readonly number[]): Rgba => ({
  ...{ width, height },
  data: Uint8ClampedArray.from(
    Array.from({ length: width * height }, (_, i) => colour(i % width, Math.floor(i / width))).flat()
  )
})

const mapOf = (image: Rgba | Gray, annotator: string, parameters = {}): Promise<Rgba | Gray> =>
  makeMap(image, { annotator, parameters }, blindNetworks)

/** A thin dark line on paper. */
const drawing = paint(64, 48, (x) => (x === 30 ? [20, 20, 20, 255] : [240, 240, 240, 255]))
const plain = paint(40, 30, () => [90, 120, 200, 255])
const ids = annotators.map(({ card }) => card.id)

describe('every annotator', () => {
  test('has a name of its own', () => {
    expect(new Set(ids).size).toBe(ids.length)
  })

  test.each(annotators)('$card.id: its defaults lie in its ranges', ({ card }) => {
    for (const { id, min, max, default: usual } of card.parameters)
      expect(usual >= min && usual <= max, id).toBe(true)
  })

  test.each(annotators)('$card.id: gives the picture’s size in the format that it says', async ({ card }) => {
    const map = await mapOf(drawing, card.id)
    expect([map.width, map.height]).toEqual([64, 48])
    expect(map.data.length).toBe(64 * 48 * (card.format === 'gray8' ? 1 : 4))
  })

  test.each(ids)('%s: leaves the picture as it was, and takes one of a single pixel', async (id) => {
    const before = Uint8ClampedArray.from(drawing.data)
    await mapOf(drawing, id)
    expect(drawing.data).toEqual(before)
    expect(
      (
        await mapOf(
          paint(1, 1, () => [1, 2, 3, 255]),
          id
        )
      ).width
    ).toBe(1)
  })
})

test.each(['canny', 'scribble', 'lineart', 'xdog'])('of one colour there are no lines: %s', async (id) => {
  expect((await mapOf(plain, id)).data.every((value) => value === 0)).toBe(true)
})

test.each(['scribble', 'lineart', 'xdog'])('a dark line becomes a light one at its place: %s', async (id) => {
  const { data } = await mapOf(drawing, id)
  expect(data[64 * 20 + 30]).toBeGreaterThan(100)
  expect(data[64 * 20 + 2]).toBe(0)
})

test.each(['tile', 'blur', 'color', 'shuffle'])('one colour stays that colour: %s', async (id) => {
  expect(await mapOf(plain, id)).toEqual(plain)
})

test('inverted twice is as before', async () => {
  expect(await mapOf(await mapOf(drawing, 'invert'), 'invert')).toEqual(drawing)
})

test('the colour grid has the mean of each square', async () => {
  const halves = paint(32, 16, (x) => (x % 16 < 8 ? [0, 0, 0, 255] : [200, 100, 50, 255]))
  const { data } = await mapOf(halves, 'color', { side: 16 })
  expect([...data.slice(0, 4)]).toEqual([100, 50, 25, 255])
})

test('what is transparent counts as white', async () => {
  const clear = paint(2, 1, (x) => [0, 0, 0, 255 * x])
  expect([...(await mapOf(clear, 'threshold')).data]).toEqual([255, 0])
})

test('ink without sharpening is what is darker than the limit, fully so where it is much darker', async () => {
  const tones = paint(90, 30, (x) => [...(x < 30 ? [0, 0, 0] : x < 60 ? [78, 78, 78] : [200, 200, 200]), 255])
  const { data } = await mapOf(tones, 'xdog', { sharpness: 0, limit: 80, hardness: 0.05 })
  const row = data.subarray(90 * 15, 90 * 16)
  expect(row[15]).toBe(254)
  expect(row[45]).toBe(Math.floor(255 * Math.tanh(0.05 * 2)))
  expect(row[75]).toBe(0)
})
