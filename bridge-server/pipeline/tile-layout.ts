import type { ModelInfo } from '../protocol/catalogue.ts'
import type { Rect, Size } from '../protocol/geometry.ts'

/** A picture that is made in parts. */
export interface Tiling {
  /** Of the whole, in pixels. */
  readonly size: Size
  /** From left to right, then from top to bottom; all of one size. */
  readonly tiles: readonly Rect[]
  /** Pixels that neighbours share at least. */
  readonly overlap: number
}

/** Sides of tiles and of what they share, in pixels. */
const MULTIPLE = 16

export const inOne = (size: Size): Tiling => ({ size, tiles: [{ x: 0, y: 0, ...size }], overlap: 0 })

/**
 * Tiles of about `side` pixels, all of one size, each with `padding` around what is its own. Numbers of reference vectors; sides
 * of the whole are multiples of 16.
 */
export function tiled(size: Size, side: number, padding: number): Tiling {
  const columns = along(size.width, side, padding)
  const rows = along(size.height, side, padding)
  const tiles = rows.starts.flatMap((y) =>
    columns.starts.map((x) => ({ x, y, width: columns.length, height: rows.length }))
  )
  return { size, tiles, overlap: 2 * padding }
}

function along(extent: number, side: number, padding: number) {
  const count = Math.max(1, Math.floor(extent / (side - 2 * padding)))
  const length = Math.min(extent, up((extent + (count - 1) * 2 * padding) / count))
  const starts = Array.from({ length: count }, (_, i) =>
    Math.min(i * (length - 2 * padding), extent - length)
  )
  return { starts, length }
}

/** Tiles of a size that a model is good at, with room for what a strength (0…1) changes at their borders. */
export function tilesFor(size: Size, info: ModelInfo, strength: number, overlap?: number): Tiling {
  const isSmall = info.family === 'sd1' || info.family === 'sd2'
  // The numbers are those of models whose own pictures have 512 pixels.
  const unit = isSmall ? info.nativeSize / 512 : 1
  const good = isSmall ? 800 * unit : 1024
  const side = down(Math.max(good, Math.max(size.width, size.height) / 12) - 128 * unit)
  const padding = overlap === undefined ? up((16 + 64 * strength) * unit) : up(overlap / 2)
  return tiled(size, side, Math.min(padding, down(side / 4)))
}

const up = (value: number): number => Math.ceil(value / MULTIPLE) * MULTIPLE
const down = (value: number): number => Math.floor(value / MULTIPLE) * MULTIPLE
