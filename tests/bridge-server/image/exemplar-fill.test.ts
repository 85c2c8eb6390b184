import { describe, expect, test } from 'vitest'
import { exemplarFill } from '../../../bridge-server/image/exemplar-fill.ts'
import type { Gray, Rgba } from '../../../bridge-server/image/pixels.ts'
import type { Rect } from '../../../bridge-server/protocol/geometry.ts'

type Colour = readonly [number, number, number]

const paint = (width: number, height: number, colour: (x: number, y: number) => Colour): Rgba => ({
  ...{ width, height },
  data: Uint8ClampedArray.from(
    Array.from({ length: width * height }, (_, i) => [
      ...colour(i % width, Math.floor(i / width)),
      255
    ]).flat()
  )
})

const holeIn = ({ width, height }: Rgba, hole: Rect): Gray => ({
  ...{ width, height },
  data: Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [(i % width) - hole.x, Math.floor(i / width) - hole.y]
    return x >= 0 && y >= 0 && x < hole.width && y < hole.height ? 255 : 0
  })
})

/** `picture` with pink in a hole, which is then filled. */
function refilled(picture: Rgba, rect: Rect): Rgba {
  const hole = holeIn(picture, rect)
  const data = picture.data.map((value, i) =>
    hole.data[i >> 2] === 255 ? [250, 0, 200, 255][i % 4]! : value
  )
  return exemplarFill({ ...picture, data }, hole)
}

const worst = (a: Rgba, b: Rgba): number =>
  a.data.reduce((most, v, i) => Math.max(most, Math.abs(v - b.data[i]!)), 0)
const mean = (a: Rgba, b: Rgba, rect: Rect): number =>
  a.data.reduce((sum, v, i) => sum + Math.abs(v - b.data[i]!), 0) / (3 * rect.width * rect.height)

const middle: Rect = { x: 40, y: 34, width: 24, height: 28 }
const stripes = (x: number): Colour => (x % 8 < 4 ? [30, 60, 90] : [220, 200, 120])

describe('pieces of the surroundings', () => {
  test('of one colour are that colour', () => {
    const plain = paint(112, 96, () => [90, 120, 200])
    expect(refilled(plain, middle)).toEqual(plain)
  })

  test('continue stripes to the byte', () => {
    const picture = paint(112, 96, stripes)
    expect(worst(refilled(picture, middle), picture)).toBe(0)
  })

  test('continue an edge straight through: at most a pixel beside it is of the other side', () => {
    const picture = paint(112, 96, (x, y) => (x + y < 100 ? [20, 30, 40] : [200, 180, 160]))
    const made = refilled(picture, middle)
    const wrong = [...picture.data.keys()].filter((i) => Math.abs(made.data[i]! - picture.data[i]!) > 40)
    const beside = wrong.filter((i) => Math.abs(((i >> 2) % 112) + Math.floor((i >> 2) / 112) - 100) > 3)
    expect(beside).toEqual([])
  })

  test('continue a gradient within two grey levels in the mean', () => {
    const picture = paint(112, 96, (x, y) => [40 + y, 200 - y, 2 * y])
    expect(mean(refilled(picture, middle), picture, middle)).toBeLessThan(2)
  })

  test('are copied sharp where the hole is larger than what is searched', () => {
    const picture = paint(288, 272, (x) => stripes(x >> 1))
    const rect: Rect = { x: 76, y: 70, width: 130, height: 130 }
    expect(mean(refilled(picture, rect), picture, rect)).toBeLessThan(2)
  })

  test('leave what is known as it was, make all opaque, and are the same each time', () => {
    const picture = paint(96, 80, (x, y) => [(x * 37 + y * 101) % 256, (x * y) % 256, (x * 11 + y * 5) % 256])
    const made = refilled(picture, middle)
    const { data } = holeIn(picture, middle)
    expect(made.data.every((value, i) => data[i >> 2] === 255 || value === picture.data[i])).toBe(true)
    expect(made.data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true)
    expect(refilled(picture, middle)).toEqual(made)
  })
})

describe('where there is little to copy', () => {
  const everything = (picture: Rgba): Gray => holeIn(picture, { x: 0, y: 0, ...picture })

  test('nothing known is mid grey', () => {
    const picture = paint(40, 40, () => [10, 20, 30])
    const { data } = exemplarFill(picture, everything(picture))
    expect([...data.subarray(0, 3)].every((value) => value === 127 || value === 128)).toBe(true)
  })

  test('a margin thinner than a patch is continued smoothly', () => {
    const picture = paint(40, 40, () => [10, 20, 30])
    expect(refilled(picture, { x: 3, y: 3, width: 34, height: 34 })).toEqual(picture)
  })

  test('a hole at the picture’s corner, and pictures smaller than a patch', () => {
    const picture = paint(80, 70, stripes)
    expect(worst(refilled(picture, { x: 0, y: 0, width: 24, height: 20 }), picture)).toBe(0)
    const tiny = paint(5, 4, () => [1, 2, 3])
    expect(refilled(tiny, { x: 1, y: 1, width: 2, height: 2 })).toEqual(tiny)
  })

  test('nothing selected is the picture itself', () => {
    const picture = paint(20, 20, stripes)
    expect(exemplarFill(picture, { width: 20, height: 20, data: new Uint8Array(400) })).toBe(picture)
  })
})
