import type { RgbaImage } from '../../host.ts'
import { emptyPlane, writePlane, type Plane } from '../plane.ts'
import type { Point } from '../geometry.ts'

export interface WandOptions {
  /** How far any of red, green, blue and alpha may be from the clicked pixel's: 0…255. */
  readonly tolerance: number
  /** Only what touches the clicked pixel, by its four sides; or all pixels of the colour. */
  readonly contiguous: boolean
}

/** The pixels of a picture (which starts at the canvas' origin) whose colour is like that at `point`. */
export function wandMask(picture: RgbaImage, point: Point, { tolerance, contiguous }: WandOptions): Plane {
  const { width, height, data } = picture
  const start = Math.floor(point.y) * width + Math.floor(point.x)
  const alike = (pixel: number): boolean => {
    for (let channel = 0; channel < 4; channel++)
      if (Math.abs(data[pixel * 4 + channel]! - data[start * 4 + channel]!) > tolerance) return false
    return true
  }
  const mask = new Uint8Array(width * height)
  if (contiguous) flood(mask, { start, width, height }, alike)
  else for (let pixel = 0; pixel < mask.length; pixel++) mask[pixel] = alike(pixel) ? 255 : 0
  return writePlane(emptyPlane(1), { x: 0, y: 0, width, height }, mask)
}

interface Field {
  readonly start: number
  readonly width: number
  readonly height: number
}

/** Span filling: each entry of the stack is a pixel to grow a whole row's span from. Heckbert, Graphics Gems (1990). */
function flood(mask: Uint8Array, { start, width, height }: Field, alike: (pixel: number) => boolean): void {
  const stack = [start]
  const free = (pixel: number): boolean => mask[pixel] === 0 && alike(pixel)
  for (let seed = stack.pop(); seed !== undefined; seed = stack.pop()) {
    if (!free(seed)) continue
    const row = Math.floor(seed / width)
    let left = seed
    let right = seed
    while (left > row * width && free(left - 1)) left--
    while (right < (row + 1) * width - 1 && free(right + 1)) right++
    mask.fill(255, left, right + 1)
    if (row > 0) pushSpans(stack, { from: left - width, to: right - width }, free)
    if (row < height - 1) pushSpans(stack, { from: left + width, to: right + width }, free)
  }
}

function pushSpans(
  stack: number[],
  { from, to }: { from: number; to: number },
  free: (pixel: number) => boolean
): void {
  let inside = false
  for (let pixel = from; pixel <= to; pixel++) {
    const is = free(pixel)
    if (is && !inside) stack.push(pixel)
    inside = is
  }
}
