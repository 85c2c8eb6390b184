import type { Size } from '../protocol/geometry.ts'
import type { Rgba } from './pixels.ts'

/** A picture with its last column and row repeated until it is as large as `size`; itself where it is. */
export function padded(picture: Rgba, { width, height }: Size): Rgba {
  if (picture.width === width && picture.height === height) return picture
  const data = new Uint8ClampedArray(4 * width * height)
  for (let y = 0; y < height; y++) {
    const from = 4 * Math.min(y, picture.height - 1) * picture.width
    const row = picture.data.subarray(from, from + 4 * picture.width)
    data.set(row, 4 * y * width)
    for (let x = picture.width; x < width; x++) data.set(row.subarray(-4), 4 * (y * width + x))
  }
  return { width, height, data }
}
