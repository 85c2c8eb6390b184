import { expect, it } from 'vitest'
import { emptiness, intersected, isSharing, maskIn } from '../../../plugin/app/masks.ts'
import { mask } from '../../support/panel.ts'

const placed = { bounds: { x: 1, y: 1, width: 2, height: 2 }, mask: mask('#+', '.#') }

it('keeps a mask as it is in its own bounds', () => {
  expect(maskIn(placed.bounds, placed)).toEqual(placed.mask)
})

it('shows a mask in an area: cut off outside, nothing where it does not reach', () => {
  expect(maskIn({ x: 0, y: 0, width: 4, height: 4 }, placed)).toEqual(mask('....', '.#+.', '..#.', '....'))
  expect(maskIn({ x: 2, y: 0, width: 2, height: 2 }, placed)).toEqual(mask('..', '+.'))
  expect(maskIn({ x: 7, y: 7, width: 1, height: 1 }, placed)).toEqual(mask('.'))
})

it('knows whether masks share a pixel, whatever their order', () => {
  const at = (x: number, ...rows: string[]) => {
    const shape = mask(...rows)
    return { bounds: { x, y: 1, width: shape.width, height: shape.height }, mask: shape }
  }
  for (const [other, expected] of [
    [at(2, '.', '#'), true],
    [at(1, '.', '#'), false],
    [at(3, '#', '#'), false]
  ] as const) {
    expect(isSharing(placed, other)).toBe(expected)
    expect(isSharing(other, placed)).toBe(expected)
  }
})

it('calls empty what is not opaque, by as much', () => {
  const row = (...alphas: number[]) => ({
    ...{ width: 3, height: 1 },
    data: Uint8ClampedArray.from(alphas.flatMap((alpha) => [9, 9, 9, alpha]))
  })
  const bands = [row(255, 127, 0), row(0, 255, 254)]
  expect([...emptiness({ width: 3, height: 2, bands }).data]).toEqual([0, 128, 255, 255, 0, 1])
})

it('finds the shared part of two rectangles, and none where they only touch', () => {
  const a = { x: 0, y: 0, width: 4, height: 4 }
  expect(intersected(a, { x: 2, y: 3, width: 9, height: 9 })).toEqual({ x: 2, y: 3, width: 2, height: 1 })
  expect(intersected(a, { x: 4, y: 0, width: 1, height: 4 })).toBeNull()
})
