import type { Size } from '#protocol/geometry.ts'
import type { RgbaImage } from '../host.ts'
import { areaOf, shifted, type Point } from './geometry.ts'
import { tileKey, tileSize, type Plane } from './plane.ts'

/** The longest edge of a thumbnail, in pixels. */
const longestEdge = 64

/** A small picture of the part of a plane that lies under the canvas: each pixel is the middle one of those it stands for. */
export function thumbnailOf(plane: Plane, canvas: Size, offset: Point): RgbaImage {
  const shrink = Math.min(1, longestEdge / Math.max(canvas.width, canvas.height))
  const width = Math.max(1, Math.round(canvas.width * shrink))
  const height = Math.max(1, Math.round(canvas.height * shrink))
  const data = new Uint8ClampedArray(width * height * 4)
  const area = shifted(areaOf(canvas), { x: -offset.x, y: -offset.y })
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const x = area.x + Math.floor(((column + 0.5) * canvas.width) / width)
      const y = area.y + Math.floor(((row + 0.5) * canvas.height) / height)
      copyPixel(plane, { x, y }, data.subarray((row * width + column) * 4))
    }
  return { width, height, data }
}

function copyPixel({ channels, fill, tiles }: Plane, { x, y }: Point, to: Uint8ClampedArray): void {
  const column = Math.floor(x / tileSize)
  const row = Math.floor(y / tileSize)
  const tile = tiles.get(tileKey(column, row))
  const at = ((y - row * tileSize) * tileSize + x - column * tileSize) * channels
  if (channels === 4) for (let channel = 0; channel < 4; channel++) to[channel] = tile?.[at + channel] ?? fill
  else to.fill(tile?.[at] ?? fill, 0, 3)
  if (channels === 1) to[3] = 255
}
