import type { Rect } from '#protocol/geometry.ts'
import type { Bounds } from './photoshop-api.ts'

/** Most bytes of any buffer: Photoshop keeps a copy of its own of each that goes into or comes out of it. */
export const MAX_BUFFER = 64 * 1024 * 1024

export const boundsOf = ({ x, y, width, height }: Rect): Bounds => ({
  left: x,
  top: y,
  right: x + width,
  bottom: y + height
})

/** Whole pixels that hold all of `bounds`, or null where that is nothing. */
export function rectOf({ left, top, right, bottom }: Bounds): Rect | null {
  const [x, y] = [Math.floor(left), Math.floor(top)]
  const [width, height] = [Math.ceil(right) - x, Math.ceil(bottom) - y]
  return width > 0 && height > 0 ? { x, y, width, height } : null
}

/** The part that two rectangles share, or null. */
export function shared(a: Rect, b: Rect): Rect | null {
  return rectOf({
    left: Math.max(a.x, b.x),
    top: Math.max(a.y, b.y),
    right: Math.min(a.x + a.width, b.x + b.width),
    bottom: Math.min(a.y + a.height, b.y + b.height)
  })
}
