import { assert } from '../errors.ts'
import type { Rect } from '../protocol/geometry.ts'
import type { Gray, Rgba } from './pixels.ts'

/** The pixels of `area`, which lies inside the picture. */
export function cropRgba(picture: Rgba, area: Rect): Rgba {
  const data = new Uint8ClampedArray(4 * area.width * area.height)
  eachRow(picture, area, (from, to) =>
    data.set(picture.data.subarray(4 * from, 4 * (from + area.width)), 4 * to)
  )
  return { width: area.width, height: area.height, data }
}

export function cropGray(mask: Gray, area: Rect): Gray {
  const data = new Uint8Array(area.width * area.height)
  eachRow(mask, area, (from, to) => data.set(mask.data.subarray(from, from + area.width), to))
  return { width: area.width, height: area.height, data }
}

/** `picture` with `patch` in place of what is in `area`, which has its size. */
export function pasteRgba(picture: Rgba, patch: Rgba, area: Rect): Rgba {
  assert(patch.width === area.width && patch.height === area.height, 'a patch of another size than its area')
  const data = Uint8ClampedArray.from(picture.data)
  eachRow(picture, area, (from, to) => data.set(patch.data.subarray(4 * to, 4 * (to + area.width)), 4 * from))
  return { width: picture.width, height: picture.height, data }
}

/** Calls with the index of the first pixel of each row of `area`, in the whole picture and in the area. */
function eachRow(
  { width, height }: { readonly width: number; readonly height: number },
  area: Rect,
  row: (inWhole: number, inArea: number) => void
): void {
  const inside = area.x >= 0 && area.y >= 0 && area.x + area.width <= width && area.y + area.height <= height
  assert(inside, `an area of ${area.width} × ${area.height} at ${area.x}, ${area.y} in ${width} × ${height}`)
  for (let y = 0; y < area.height; y++) row((area.y + y) * width + area.x, y * area.width)
}
