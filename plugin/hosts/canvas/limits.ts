import type { Size } from '#protocol/geometry.ts'
import { maxPixels } from '#protocol/pixels.ts'

/** The longest edge of a canvas or picture, in pixels; browsers draw no larger canvas everywhere. */
export const maxEdge = 16_384

/** Why a canvas or picture of this size cannot be opened, as a sentence with the numbers; null where it can. */
export function sizeProblem({ width, height }: Size): string | null {
  const size = `${width} × ${height} pixels`
  if (width < 1 || height < 1) return `${size} is empty; each edge must have at least 1 pixel.`
  if (width > maxEdge || height > maxEdge)
    return `${size} is too large; an edge may have up to ${maxEdge} pixels.`
  if (width * height > maxPixels)
    return `${size} are ${((width * height) / 1e6).toFixed(1)} megapixels; up to ${(maxPixels / 1e6).toFixed(1)} can be opened.`
  return null
}
