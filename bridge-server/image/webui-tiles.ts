import type { Rect, Size } from '../protocol/geometry.ts'
import type { Rgba } from './pixels.ts'

// The web UI's script “SD upscale” divides a picture into tiles of one size and lays them together again.

/** Rows of tiles, which share `overlap` pixels or more with their neighbours; a tile that is larger than the picture reaches out of it. */
export function webuiTiles(
  { width, height }: Size,
  tile: Size,
  overlap: number
): readonly (readonly Rect[])[] {
  const columns = starts(width, tile.width, overlap)
  return starts(height, tile.height, overlap).map((y) => columns.map((x) => ({ x, y, ...tile })))
}

function starts(whole: number, tile: number, overlap: number): readonly number[] {
  const count = Math.max(1, Math.ceil((whole - overlap) / (tile - overlap)))
  const step = count > 1 ? (whole - tile) / (count - 1) : 0
  return Array.from({ length: count }, (_, i) => {
    const at = Math.trunc(i * step)
    return at + tile >= whole ? whole - tile : at
  })
}

/** A part of a picture, opaque; black where it lies outside. */
export function cutOut({ width, height, data }: Rgba, part: Rect): Rgba {
  const out = new Uint8ClampedArray(4 * part.width * part.height)
  for (let i = 3; i < out.length; i += 4) out[i] = 255
  const from = Math.max(0, part.x)
  const to = Math.min(width, part.x + part.width)
  for (let y = Math.max(0, part.y); y < Math.min(height, part.y + part.height); y++) {
    const row = (y - part.y) * part.width - part.x
    out.set(data.subarray(4 * (y * width + from), 4 * (y * width + to)), 4 * (row + from))
  }
  return { width: part.width, height: part.height, data: out }
}

/** A tile and where its corner lies. */
export interface Placed {
  readonly x: number
  readonly y: number
  readonly picture: Rgba
}

/** Tiles as one picture: within `overlap` pixels of its left and upper edge each fades in over what lies there. */
export function joinedTiles(rows: readonly (readonly Placed[])[], size: Size, overlap: number): Rgba {
  const whole = blank(size)
  for (const row of rows) {
    const [first] = row
    if (first === undefined) continue
    const { y } = first
    const { height } = first.picture
    const strip = blank({ width: size.width, height })
    for (const { x, picture } of row) lay(strip, picture, { x, y: 0, ramp: x === 0 ? null : 'x', overlap })
    lay(whole, strip, { x: 0, y, ramp: y === 0 ? null : 'y', overlap })
  }
  return whole
}

function blank({ width, height }: Size): Rgba {
  const data = new Uint8ClampedArray(4 * width * height)
  for (let i = 3; i < data.length; i += 4) data[i] = 255
  return { width, height, data }
}

interface Laying {
  readonly x: number
  readonly y: number
  /** Along which side it fades in. */
  readonly ramp: 'x' | 'y' | null
  readonly overlap: number
}

/** Over a picture, what reaches out of it left off. */
function lay(onto: Rgba, picture: Rgba, { x, y, ramp, overlap }: Laying): void {
  for (let v = Math.max(0, -y); v < Math.min(picture.height, onto.height - y); v++)
    for (let u = Math.max(0, -x); u < Math.min(picture.width, onto.width - x); u++) {
      const to = 4 * ((y + v) * onto.width + x + u)
      const from = 4 * (v * picture.width + u)
      const along = ramp === 'x' ? u : ramp === 'y' ? v : overlap
      const share = along < overlap ? Math.trunc((along * 255) / overlap) : 255
      for (let c = 0; c < 3; c++)
        onto.data[to + c] = blended(onto.data[to + c]!, picture.data[from + c]!, share)
    }
}

/** Pillow's `paste` with a mask: exactly rounded division by 255. */
const blended = (below: number, above: number, share: number): number =>
  Math.round((below * (255 - share) + above * share) / 255)
