import type { Rect, Size } from '../protocol/geometry.ts'
import { cropGray, cropRgba, pasteRgba } from './crop.ts'
import type { Gray, Rgba } from './pixels.ts'

/** Areas begin on multiples of this many pixels, so that pyramids over them have the squares of those over the whole picture. */
const STEP = 64

/** The smallest rectangle that holds all above 0; null where nothing is. */
export function boundsOf({ width, height, data }: Gray): Rect | null {
  let [left, top, right, bottom] = [width, height, -1, -1]
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++)
      if (data[i] !== 0) {
        if (x < left) left = x
        if (x > right) right = x
        if (y < top) top = y
        bottom = y
      }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}

/** The rectangle, grown to lie on multiples of `step` pixels as far as those lie in the picture. */
export function aligned({ x, y, width, height }: Rect, step: number, within: Size): Rect {
  const [left, top] = [x - (x % step), y - (y % step)]
  const right = Math.min(within.width, Math.ceil((x + width) / step) * step)
  const bottom = Math.min(within.height, Math.ceil((y + height) / step) * step)
  return { x: left, y: top, width: right - left, height: bottom - top }
}

/** The rectangle with `margin` more on every side, as far as that lies in the picture. */
export function withMargin(rect: Rect, margin: number, { width, height }: Size): Rect {
  const [x, y] = [Math.max(0, rect.x - margin), Math.max(0, rect.y - margin)]
  const right = Math.min(width, rect.x + rect.width + margin)
  const bottom = Math.min(height, rect.y + rect.height + margin)
  return { x, y, width: right - x, height: bottom - y }
}

/** The picture with what `fill` makes of the hole and `margin` pixels around it; itself where there is no hole. */
export function filledAround(
  picture: Rgba,
  hole: Gray,
  margin: number,
  fill: (part: Rgba, hole: Gray) => Rgba
): Rgba {
  const bounds = boundsOf(hole)
  if (bounds === null) return picture
  const area = aligned(withMargin(bounds, margin, picture), STEP, picture)
  return pasteRgba(picture, fill(cropRgba(picture, area), cropGray(hole, area)), area)
}

/** What `make` makes of a mask, which must leave 0 farther than `margin` from all that is above 0: only so far is it asked. */
export function madeAround(mask: Gray, margin: number, make: (part: Gray) => Gray): Gray {
  const { width, height } = mask
  const bounds = boundsOf(mask)
  const out: Gray = { width, height, data: new Uint8Array(width * height) }
  if (bounds === null) return out
  const area = withMargin(bounds, margin, mask)
  const { data } = make(cropGray(mask, area))
  for (let y = 0; y < area.height; y++)
    out.data.set(data.subarray(y * area.width, (y + 1) * area.width), (area.y + y) * width + area.x)
  return out
}
