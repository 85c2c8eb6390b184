import type { Rect, Size } from '../protocol/geometry.ts'
import { selectedBounds } from './mask.ts'
import type { Gray, Rgba } from './pixels.ts'

// Masks as the web UI makes and uses them; what each does is told in its own words, not copied.

/** A mask from a picture: its alpha where it has some, as 0 and 255 where `rounded`; else its brightness (Pillow's mode L). */
export function maskFrom({ width, height, data }: Rgba, rounded: boolean): Gray {
  const out = new Uint8Array(width * height)
  const hasAlpha = data.some((value, i) => i % 4 === 3 && value !== 255)
  for (let i = 0; i < out.length; i++) {
    const [r, g, b, a] = [data[4 * i]!, data[4 * i + 1]!, data[4 * i + 2]!, data[4 * i + 3]!]
    if (!hasAlpha) out[i] = (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16
    else out[i] = rounded ? (a > 128 ? 255 : 0) : a
  }
  return { width, height, data: out }
}

export const inverse = ({ width, height, data }: Gray): Gray => ({
  width,
  height,
  data: data.map((value) => 255 - value)
})

/** What of the new picture is shown, where the whole picture was made: all from the middle of a soft edge on. */
export const shownOfWhole = ({ width, height, data }: Gray): Gray => ({
  width,
  height,
  data: data.map((value) => Math.min(255, 2 * value))
})

/**
 * The part of the picture that “only masked” works on: what is masked with `padding` pixels around it, grown along one axis to
 * the form of `processing` as far as the picture allows. Null for an empty mask.
 */
export function maskedRegion(mask: Gray, padding: number, processing: Size): Rect | null {
  if (!mask.data.some((value) => value > 0)) return null
  return grownToForm(padded(selectedBounds(mask), padding, mask), processing, mask)
}

function padded({ x, y, width, height }: Rect, padding: number, image: Size): Rect {
  const [left, top] = [Math.max(x - padding, 0), Math.max(y - padding, 0)]
  return {
    x: left,
    y: top,
    width: Math.min(x + width + padding, image.width) - left,
    height: Math.min(y + height + padding, image.height) - top
  }
}

/** A region with the processing size's ratio of sides, moved back inside where it reaches out, and cut where that cannot be. */
export function grownToForm(region: Rect, processing: Size, image: Size): Rect {
  const form = processing.width / processing.height
  if (region.width / region.height > form) {
    const [y, height] = grown(
      region.y,
      region.height,
      Math.trunc(region.width / form - region.height),
      image.height
    )
    return { ...region, y, height }
  }
  const [x, width] = grown(
    region.x,
    region.width,
    Math.trunc(region.height * form - region.width),
    image.width
  )
  return { ...region, x, width }
}

function grown(start: number, length: number, extra: number, limit: number): readonly [number, number] {
  let from = start - Math.floor(extra / 2)
  let to = from + length + extra
  if (to >= limit) [from, to] = [from - (to - limit), limit]
  if (from < 0) [from, to] = [0, to - from]
  return [from, Math.min(to, limit) - from]
}
