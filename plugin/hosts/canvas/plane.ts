import type { Rect } from '#protocol/geometry.ts'
import { intersection, shifted, union, type Point } from './geometry.ts'

/** Edge of a tile in pixels. */
export const tileSize = 256

/** `tileSize`² pixels of 1 or 4 bytes, rows from the top. Shared by many planes: never write into one that a plane holds. */
export type Tile = Uint8Array<ArrayBuffer>

/**
 * Bytes on an unbounded grid of pixels: RGBA (4 channels) or a mask (1). A tile that is missing holds `fill` everywhere.
 * An edit makes a new plane that shares every tile it did not touch, so that undo costs only the touched ones.
 */
export interface Plane {
  readonly channels: 1 | 4
  readonly fill: number
  readonly tiles: ReadonlyMap<number, Tile>
}

export const emptyPlane = (channels: 1 | 4, fill = 0): Plane => ({ channels, fill, tiles: new Map() })

// Columns and rows go from -32768 to 32767: 8 million pixels each way.
const half = 0x8000
export const tileKey = (column: number, row: number): number => (row + half) * 0x10000 + column + half

/** The pixels a tile holds. */
export const tileArea = (key: number): Rect => ({
  x: ((key % 0x10000) - half) * tileSize,
  y: (Math.floor(key / 0x10000) - half) * tileSize,
  width: tileSize,
  height: tileSize
})

/** Calls back for every tile place that `area` touches, with the part of `area` inside it. */
export function eachTile(area: Rect, visit: (key: number, part: Rect) => void): void {
  const lastRow = Math.floor((area.y + area.height - 1) / tileSize)
  const lastColumn = Math.floor((area.x + area.width - 1) / tileSize)
  for (let row = Math.floor(area.y / tileSize); row <= lastRow; row++)
    for (let column = Math.floor(area.x / tileSize); column <= lastColumn; column++) {
      const key = tileKey(column, row)
      const part = intersection(area, tileArea(key))
      if (part !== null) visit(key, part)
    }
}

/** A tile of the plane to write into: a copy, or a new one of its fill. */
export function copyTile({ channels, fill, tiles }: Plane, key: number): Tile {
  const tile = tiles.get(key)
  if (tile !== undefined) return tile.slice()
  const made = new Uint8Array(tileSize * tileSize * channels)
  return fill === 0 ? made : made.fill(fill)
}

/** The bytes of an area, rows from the top. */
export function readPlane(plane: Plane, area: Rect): Uint8Array<ArrayBuffer> {
  const { channels, fill, tiles } = plane
  const bytes = new Uint8Array(area.width * area.height * channels)
  if (fill !== 0) bytes.fill(fill)
  eachTile(area, (key, part) => {
    const tile = tiles.get(key)
    if (tile === undefined) return
    const { x, y } = tileArea(key)
    for (let row = 0; row < part.height; row++) {
      const from = ((part.y - y + row) * tileSize + part.x - x) * channels
      const to = ((part.y - area.y + row) * area.width + part.x - area.x) * channels
      bytes.set(tile.subarray(from, from + part.width * channels), to)
    }
  })
  return bytes
}

/** The plane with an area replaced. Tiles that come to hold nothing but the fill are left out. */
export function writePlane(
  plane: Plane,
  area: Rect,
  bytes: ArrayLike<number> & { subarray(a: number, b: number): ArrayLike<number> }
): Plane {
  const { channels } = plane
  return editTiles(plane, area, (tile, part, key) => {
    const { x, y } = tileArea(key)
    for (let row = 0; row < part.height; row++) {
      const from = ((part.y - area.y + row) * area.width + part.x - area.x) * channels
      const to = ((part.y - y + row) * tileSize + part.x - x) * channels
      tile.set(bytes.subarray(from, from + part.width * channels), to)
    }
  })
}

/** The plane with the tiles under `area` edited in copies. `edit` may write anywhere in the tile that it is given. */
export function editTiles(
  plane: Plane,
  area: Rect,
  edit: (tile: Tile, part: Rect, key: number) => void
): Plane {
  const tiles = new Map(plane.tiles)
  eachTile(area, (key, part) => {
    const tile = copyTile(plane, key)
    edit(tile, part, key)
    if (isFilled(tile, plane.fill)) tiles.delete(key)
    else tiles.set(key, tile)
  })
  return { ...plane, tiles }
}

export function isFilled(tile: Tile, value: number): boolean {
  for (const byte of tile) if (byte !== value) return false
  return true
}

/** The plane moved by whole pixels. */
export function shiftPlane(plane: Plane, by: Point): Plane {
  const area = tiledBounds(plane)
  if (area === null || (by.x === 0 && by.y === 0)) return plane
  return writePlane({ ...plane, tiles: new Map() }, shifted(area, by), readPlane(plane, area))
}

/** The plane with everything outside `area` set back to its fill. Tiles wholly inside are shared. */
export function clipPlane(plane: Plane, area: Rect): Plane {
  const tiles = new Map<number, Tile>()
  for (const [key, tile] of plane.tiles) {
    const part = intersection(tileArea(key), area)
    if (part === null) continue
    if (part.width === tileSize && part.height === tileSize) tiles.set(key, tile)
    else {
      const only = writePlane(emptyPlane(plane.channels, plane.fill), part, readPlane(plane, part)).tiles.get(
        key
      )
      if (only !== undefined) tiles.set(key, only)
    }
  }
  return { ...plane, tiles }
}

/** The area of all tiles held, or null where there is none. At most a tile wider than what they show. */
export function tiledBounds({ tiles }: Plane): Rect | null {
  let bounds: Rect | null = null
  for (const key of tiles.keys()) bounds = union(bounds, tileArea(key))
  return bounds
}

/** The exact bounds of what is not zero (of alpha where there are four channels), for planes filled with 0. */
export function planeBounds({ channels, tiles }: Plane): Rect | null {
  let bounds: Rect | null = null
  for (const [key, tile] of tiles) {
    const inside = shownInside(tile, channels)
    if (inside !== null) bounds = union(bounds, shifted(inside, tileArea(key)))
  }
  return bounds
}

function shownInside(tile: Tile, channels: number): Rect | null {
  let left = tileSize
  let right = -1
  let top = -1
  let bottom = -1
  for (let y = 0; y < tileSize; y++) {
    const end = (y + 1) * tileSize * channels
    let at = y * tileSize * channels + channels - 1
    while (at < end && tile[at] === 0) at += channels
    if (at >= end) continue
    if (top < 0) top = y
    bottom = y
    left = Math.min(left, Math.floor((at - y * tileSize * channels) / channels))
    let last = end - 1
    while (tile[last] === 0) last -= channels
    right = Math.max(right, Math.floor((last - y * tileSize * channels) / channels))
  }
  return top < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}
