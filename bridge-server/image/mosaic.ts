import { assert } from '../errors.ts'
import type { Rect, Size } from '../protocol/geometry.ts'
import type { Rgba } from './pixels.ts'

/** A large picture that is put together from overlapping tiles, from left to right and from top to bottom. */
export interface Mosaic {
  /** What is there so far; it changes with every tile. */
  readonly picture: Rgba
  /**
   * Lays a tile on what is there. Over `fade` pixels (left, top) it goes from what was there to its own, linearly; nothing of it
   * is lost at a border of the whole, where there is no fade.
   */
  lay(tile: Rgba, at: Rect, fade: { readonly left: number; readonly top: number }): void
}

/** Holds the 8-bit pixels, and twice those where a row of tiles meets the one above it. */
export function createMosaic({ width, height }: Size): Mosaic {
  const data = new Uint8ClampedArray(4 * width * height)
  let above = { row: -1, old: new Uint8ClampedArray(0), own: new Uint8ClampedArray(0) }

  /** The pixels above a row of tiles, and its own, blended from left to right alone. */
  const meeting = (row: number, top: number): typeof above => {
    if (above.row !== row) {
      const old = data.slice(4 * row * width, 4 * (row + top) * width)
      above = { row, old, own: new Uint8ClampedArray(old.length) }
    }
    return above
  }

  return {
    picture: { width, height, data },
    lay(tile, at, { left, top }) {
      assert(tile.width === at.width && tile.height === at.height, 'a tile of another size than its place')
      const { old, own } = meeting(at.y, top)
      for (let y = 0; y < at.height; y++) {
        const line = tile.data.subarray(4 * y * at.width, 4 * (y + 1) * at.width)
        const start = 4 * ((at.y + y) * width + at.x)
        if (y >= top) {
          blend(data.subarray(start), line, left)
          continue
        }
        const inRow = 4 * (y * width + at.x)
        blend(own.subarray(inRow), line, left)
        const weight = share(y, top)
        for (let i = 0; i < line.length; i++)
          data[start + i] = old[inRow + i]! + (own[inRow + i]! - old[inRow + i]!) * weight
      }
    }
  }
}

/** Goes over from what is in `target` to `line` within the first `fade` pixels. */
function blend(target: Uint8ClampedArray, line: Uint8ClampedArray, fade: number): void {
  for (let i = 0; i < 4 * Math.min(fade, line.length / 4); i++)
    target[i] = target[i]! + (line[i]! - target[i]!) * share(i >> 2, fade)
  target.set(line.subarray(4 * fade), 4 * fade)
}

const share = (i: number, fade: number): number => (i + 0.5) / fade

/** How far each of a row of equal tiles reaches into what the tiles before it have covered. */
export function fadesOf(tiles: readonly Rect[]): readonly { readonly left: number; readonly top: number }[] {
  const ends = (along: 'x' | 'y', size: 'width' | 'height') =>
    [...new Set(tiles.map((tile) => tile[along] + tile[size]))].sort((a, b) => a - b)
  const [columns, rows] = [ends('x', 'width'), ends('y', 'height')]
  const shared = (start: number, end: number, all: readonly number[]): number =>
    Math.max(0, (all[all.indexOf(end) - 1] ?? start) - start)
  return tiles.map(({ x, y, width, height }) => ({
    left: shared(x, x + width, columns),
    top: shared(y, y + height, rows)
  }))
}
