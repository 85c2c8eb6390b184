import type { Rect, Size } from '#protocol/geometry.ts'

/** Where a thing is; document pixels unless its name says otherwise, y grows downwards. */
export interface Point {
  readonly x: number
  readonly y: number
}

export const areaOf = ({ width, height }: Size): Rect => ({ x: 0, y: 0, width, height })

/** The part two rectangles share, or null. */
export function intersection(a: Rect, b: Rect): Rect | null {
  const x = Math.max(a.x, b.x)
  const y = Math.max(a.y, b.y)
  const width = Math.min(a.x + a.width, b.x + b.width) - x
  const height = Math.min(a.y + a.height, b.y + b.height) - y
  return width > 0 && height > 0 ? { x, y, width, height } : null
}

/** The smallest rectangle that covers both; null covers nothing. */
export function union(a: Rect | null, b: Rect | null): Rect | null {
  if (a === null || b === null) return a ?? b
  const x = Math.min(a.x, b.x)
  const y = Math.min(a.y, b.y)
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y
  }
}

export const shifted = (area: Rect, by: Point): Rect => ({ ...area, x: area.x + by.x, y: area.y + by.y })

export const movedPoint = (point: Point, by: Point): Point => ({ x: point.x + by.x, y: point.y + by.y })

export const grown = (area: Rect, by: number): Rect => ({
  x: area.x - by,
  y: area.y - by,
  width: area.width + 2 * by,
  height: area.height + 2 * by
})

export const contains = (area: Rect, point: Point): boolean =>
  point.x >= area.x && point.y >= area.y && point.x < area.x + area.width && point.y < area.y + area.height

/** Whether all of the other area lies in this one. */
export const holds = (area: Rect, { x, y, width, height }: Rect): boolean =>
  x >= area.x && y >= area.y && x + width <= area.x + area.width && y + height <= area.y + area.height

export const sameArea = (a: Rect, b: Rect): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height

/** The rectangle between two corners on whole pixels, or null where it has no pixel. */
export function areaBetween(a: Point, b: Point): Rect | null {
  const x = Math.round(Math.min(a.x, b.x))
  const y = Math.round(Math.min(a.y, b.y))
  const width = Math.round(Math.max(a.x, b.x)) - x
  const height = Math.round(Math.max(a.y, b.y)) - y
  return width > 0 && height > 0 ? { x, y, width, height } : null
}

/** The smallest rectangle of whole pixels around fractional edges. */
export function pixelsAround(left: number, top: number, right: number, bottom: number): Rect {
  const x = Math.floor(left)
  const y = Math.floor(top)
  return { x, y, width: Math.max(1, Math.ceil(right) - x), height: Math.max(1, Math.ceil(bottom) - y) }
}
