import type { Rect } from '../../../bridge-server/protocol/geometry.ts'
import {
  composite,
  depthOf,
  intersection,
  samplesOf,
  union,
  valueAt,
  type DocumentState,
  type LayerState,
  type Plane,
  type Samples
} from './document-state.ts'
import type { Knobs } from './knobs.ts'

/** The part of a region that is given of its flattened pixels `all`, or null: see Knobs.trim. */
export function trimmed(
  trim: Knobs['trim'],
  { layers }: DocumentState,
  area: Rect,
  all: Plane['data'],
  channels: number
): Rect | null {
  const held = heldArea(area, (at) => all[at * (channels + 1) + channels]! > 0)
  if (held === null || trim === 'tight') return held
  if (trim === 'off') return area
  const bounds = layers.flatMap(({ pixels, visible }) => (pixels === null || !visible ? [] : [pixels.area]))
  return intersection(area, bounds.reduce(union, held))
}

export function cropped(samples: Samples, from: Rect, to: Rect, components: number): Samples {
  const out = samples.slice(0, to.width * to.height * components)
  for (let y = 0; y < to.height; y++) {
    const start = ((to.y - from.y + y) * from.width + to.x - from.x) * components
    out.set(samples.subarray(start, start + to.width * components), y * to.width * components)
  }
  return out
}

export function merged(
  old: Plane,
  next: Plane,
  channels: number,
  depth: number,
  rule: 'copy' | 'over'
): Plane {
  const area = union(old.area, next.area)
  if (rule === 'over') {
    const layer = (pixels: Plane): LayerState => ({
      ...{
        id: 0,
        name: '',
        kind: 'pixel',
        visible: true,
        opacity: 100,
        isBackground: false,
        mask: null,
        children: null,
        pixels
      }
    })
    const state = { width: 0, height: 0, selection: null, active: [], layers: [layer(next), layer(old)] }
    return { area, components: channels + 1, data: composite(state, area, channels, depth) }
  }
  const data = samplesOf(area.width * area.height * (channels + 1), depth)
  for (const { area: own, data: from } of [old, next])
    for (let y = 0; y < own.height; y++)
      data.set(
        from.subarray(y * own.width * (channels + 1), (y + 1) * own.width * (channels + 1)),
        ((own.y - area.y + y) * area.width + own.x - area.x) * (channels + 1)
      )
  return { area, components: channels + 1, data }
}

/** One-component planes: the newer over the older. */
export function over<P extends Plane & { readonly outside: number }>(old: P, next: P): P {
  const area = union(old.area, next.area)
  const data = samplesOf(area.width * area.height, depthOf(next.data))
  for (let y = 0; y < area.height; y++)
    for (let x = 0; x < area.width; x++)
      data[y * area.width + x] = valueAt(
        next,
        area.x + x,
        area.y + y,
        valueAt(old, area.x + x, area.y + y, old.outside)
      )
  return { ...old, area, data }
}

/** The smallest rectangle with all pixels of `area` that hold something, or null. */
function heldArea({ x, y, width, height }: Rect, holds: (at: number) => boolean): Rect | null {
  let [left, top, right, bottom] = [width, height, 0, 0]
  for (let row = 0; row < height; row++) {
    const start = row * width
    // From both sides only as far as it would make the rectangle larger.
    let first = 0
    while (first < width && !holds(start + first)) first++
    if (first === width) continue
    let last = width
    while (last > right && !holds(start + last - 1)) last--
    left = Math.min(left, first)
    right = Math.max(right, last)
    top = Math.min(top, row)
    bottom = row + 1
  }
  return right === 0 ? null : { x: x + left, y: y + top, width: right - left, height: bottom - top }
}

export function selectionOf(plane: Plane) {
  const held = heldArea(plane.area, (at) => plane.data[at]! > 0)
  if (held === null) return null
  const data = cropped(plane.data, plane.area, held, 1)
  return { plane: { area: held, components: 1, data }, solid: data.every((value) => value === 255) }
}

export function whitenZeroBlocks(data: Samples, { width, height }: Rect, white: number): void {
  for (let top = 0; top + 64 <= height; top += 64)
    for (let left = 0; left + 64 <= width; left += 64) {
      const rows = Array.from({ length: 64 }, (_, y) =>
        data.subarray((top + y) * width + left, (top + y) * width + left + 64)
      )
      if (rows.every((row) => row.every((value) => value === 0))) for (const row of rows) row.fill(white)
    }
}
