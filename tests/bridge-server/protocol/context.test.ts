import { describe, expect, test } from 'vitest'
import { areasFor, defaultMaskSettings, maskValues, padded } from '../../../bridge-server/protocol/context.ts'
import type { Rect } from '../../../bridge-server/protocol/geometry.ts'

const rect = (x: number, y: number, width: number, height: number): Rect => ({ x, y, width, height })

describe('padding, by the published vectors of the Krita plugin', () => {
  test.each([
    [rect(3, 1, 5, 9), { padding: 2, multiple: 1 }, rect(1, -1, 9, 13)],
    [rect(3, 2, 5, 9), { padding: 0, multiple: 4 }, rect(2, 1, 8, 12)],
    [rect(3, 2, 5, 9), { padding: 2, minimum: 10, multiple: 1 }, rect(1, 0, 10, 13)],
    [rect(0, 0, 8, 2), { padding: 2, square: true, multiple: 1 }, rect(-1, -2, 10, 6)]
  ])('%o %o', (bounds, options, expected) => {
    expect(padded(bounds, options)).toEqual(expected)
  })
})

describe('mask values', () => {
  const canvas = { width: 1024, height: 1024 }

  test('a small selection gets the least feather, a large one a tenth of its diagonal', () => {
    expect(maskValues(rect(0, 0, 60, 80), canvas, 1)).toEqual({
      feather: 32,
      grow: 20,
      blend: 25,
      padding: 42
    })
    expect(maskValues(rect(0, 0, 600, 800), canvas, 1)).toEqual({
      feather: 100,
      grow: 54,
      blend: 25,
      padding: 164
    })
  })

  test('the feather falls with the strength; ties round to even', () => {
    expect(maskValues(rect(0, 0, 60, 80), canvas, 0.5).feather).toBe(16)
    expect(maskValues(rect(0, 0, 60, 80), canvas, 0.5, { minTransition: 5 }).feather).toBe(5)
    expect(maskValues(rect(0, 0, 3, 4), canvas, 0.5, { minTransition: 5 }).feather).toBe(2)
  })

  test('only the part of the selection on the canvas counts', () => {
    expect(maskValues(rect(-500, -500, 560, 580), canvas, 1)).toEqual(
      maskValues(rect(0, 0, 60, 80), canvas, 1)
    )
  })

  test('settings that are left out are the defaults', () => {
    const selection = rect(10, 10, 600, 800)
    expect(maskValues(selection, canvas, 1, { blend: 9 })).toEqual(
      maskValues(selection, canvas, 1, { ...defaultMaskSettings, blend: 9 })
    )
  })

  test('a feather of 0 asks for hard masks', () => {
    expect(maskValues(rect(0, 0, 600, 800), canvas, 1, { feather: 0 })).toMatchObject({
      feather: 0,
      grow: 0,
      blend: 0
    })
  })
})

describe('areas', () => {
  const options = { strength: 1, nativeSize: 512 }

  test('for every place and size both lie on the canvas and hold the selection, the context the mask', () => {
    const canvas = { width: 801, height: 513 }
    const whole = rect(0, 0, 801, 513)
    const places = (sides: readonly number[], length: number) =>
      sides.flatMap((side) =>
        [0, 4, length - side].map((start) => ({ start, side: Math.min(side, length - start) }))
      )
    for (const strength of [0.3, 1])
      for (const column of places([1, 37, 400, 801], 801))
        for (const row of places([1, 50, 513], 513)) {
          if (column.side < 1 || row.side < 1) continue
          const selection = rect(column.start, row.start, column.side, row.side)
          const { mask, context } = areasFor(selection, canvas, { ...options, strength })
          expect([holds(mask, selection), holds(context, mask), holds(whole, context)]).toEqual([
            true,
            true,
            true
          ])
        }
  })

  test('away from the edges sizes are multiples, and never below what suits the model', () => {
    const canvas = { width: 4000, height: 3000 }
    const { mask, context } = areasFor(rect(1500, 1500, 33, 71), canvas, options)
    expect([mask.width % 16, mask.height % 16]).toEqual([0, 0])
    expect(mask.width).toBeGreaterThanOrEqual(256)
    expect([context.width % 8, context.height % 8]).toEqual([0, 0])
    expect(context.width).toBeGreaterThanOrEqual(512)
    const small = areasFor(rect(1500, 1500, 33, 71), canvas, { ...options, nativeSize: 128 })
    expect(small.mask.width).toBeLessThan(256)
  })

  test('below full strength the model sees just what can change', () => {
    const { mask, context } = areasFor(
      rect(300, 300, 90, 90),
      { width: 2000, height: 900 },
      { ...options, strength: 0.5 }
    )
    expect(context).toEqual(mask)
  })
})

const holds = (outer: Rect, inner: Rect): boolean =>
  outer.x <= inner.x &&
  outer.y <= inner.y &&
  outer.x + outer.width >= inner.x + inner.width &&
  outer.y + outer.height >= inner.y + inner.height
