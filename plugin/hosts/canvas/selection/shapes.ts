import type { Rect } from '#protocol/geometry.ts'
import { intersection, pixelsAround, type Point } from '../geometry.ts'
import { editTiles, emptyPlane, tileArea, tileSize, writePlane, type Plane } from '../plane.ts'

/** Every pixel of `area`, whole. */
export function rectangleMask(area: Rect): Plane {
  return editTiles(emptyPlane(1), area, (tile, part, key) => {
    const { x, y } = tileArea(key)
    for (let row = part.y - y; row < part.y - y + part.height; row++)
      tile.fill(255, row * tileSize + part.x - x, row * tileSize + part.x - x + part.width)
  })
}

/** The ellipse that touches `area`'s edges, its rim as soft as one pixel. */
export function ellipseMask(area: Rect, within: Rect): Plane {
  const { x, y, width, height } = area
  return scannedMask(intersection(area, within), (line) => {
    const across = (line - y - height / 2) / (height / 2)
    const reach = (width / 2) * Math.sqrt(Math.max(0, 1 - across * across))
    return reach === 0 ? [] : [x + width / 2 - reach, x + width / 2 + reach]
  })
}

/** The inside of a closed line (even-odd rule), its rim as soft as one pixel. */
export function polygonMask(points: readonly Point[], within: Rect): Plane {
  const xs = points.map(({ x }) => x)
  const ys = points.map(({ y }) => y)
  if (points.length < 3) return emptyPlane(1)
  const around = pixelsAround(least(xs), least(ys), most(xs), most(ys))
  return scannedMask(intersection(around, within), (line) => {
    const crossings: number[] = []
    for (let at = 0; at < points.length; at++) {
      const a = points[at]!
      const b = points[(at + 1) % points.length]!
      if (a.y <= line === b.y <= line) continue
      crossings.push(a.x + ((line - a.y) / (b.y - a.y)) * (b.x - a.x))
    }
    return crossings.sort((a, b) => a - b)
  })
}

const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity)
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity)

const linesPerPixel = 8

/**
 * Fills pairs of crossings on each of several lines a pixel row; a span's ends count by the part of the pixel they cover.
 * `crossings(y)` gives x positions from left to right at height y.
 */
function scannedMask(area: Rect | null, crossings: (line: number) => readonly number[]): Plane {
  if (area === null) return emptyPlane(1)
  const bytes = new Uint8Array(area.width * area.height)
  const row = new Float32Array(area.width)
  for (let y = 0; y < area.height; y++) {
    row.fill(0)
    for (let line = 0; line < linesPerPixel; line++) {
      const ends = crossings(area.y + y + (line + 0.5) / linesPerPixel)
      for (let at = 0; at + 1 < ends.length; at += 2) addSpan(row, ends[at]! - area.x, ends[at + 1]! - area.x)
    }
    for (let x = 0; x < area.width; x++)
      bytes[y * area.width + x] = Math.round((row[x]! * 255) / linesPerPixel)
  }
  return writePlane(emptyPlane(1), area, bytes)
}

function addSpan(row: Float32Array, from: number, to: number): void {
  const start = Math.max(0, from)
  const end = Math.min(row.length, to)
  for (let x = Math.floor(start); x < end; x++) row[x]! += Math.min(end, x + 1) - Math.max(start, x)
}
