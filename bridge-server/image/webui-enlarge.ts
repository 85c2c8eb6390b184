import type { Size } from '../protocol/geometry.ts'
import type { Rgba } from './pixels.ts'

// The web UI's “extras”; what each does is told in its own words, not copied.

/** The middle of a picture; black around it where it is smaller. */
export function cutToMiddle(picture: Rgba, { width, height }: Size): Rgba {
  const left = Math.floor(width / 2) - Math.floor(picture.width / 2)
  const top = Math.floor(height / 2) - Math.floor(picture.height / 2)
  const data = new Uint8ClampedArray(4 * width * height)
  for (let i = 3; i < data.length; i += 4) data[i] = 255
  const from = Math.max(0, -left)
  const to = Math.min(picture.width, width - left)
  for (let y = Math.max(0, top); y < Math.min(height, top + picture.height); y++) {
    const row = (y - top) * picture.width
    data.set(picture.data.subarray(4 * (row + from), 4 * (row + to)), 4 * (y * width + left + from))
  }
  return { width, height, data }
}

/** Pillow's `Image.blend`: from the first picture towards the second, of the same size, by `share`; it cuts fractions off. */
export function mixed(first: Rgba, second: Rgba, share: number): Rgba {
  const data = first.data.map((value, i) =>
    Math.trunc(value + Math.fround(share) * (second.data[i]! - value))
  )
  return { width: first.width, height: first.height, data }
}
