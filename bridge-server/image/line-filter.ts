/** A plane of numbers, row by row. */
export type Plane = Float32Array

/** Filters one line: reads `length` numbers of `source` from `at`, writes as many to `target` from `at`. */
export type LineFilter = (source: Plane, target: Plane, at: number, length: number) => void

/** Columns that are filtered at a time: one cache line of them. */
const STRIP = 16

/**
 * A filter along x and then one along y, the same where none is given; each must leave a line of one value as it is. Columns are
 * turned into rows and back a strip at a time, for the sake of the cache.
 */
export function separable(
  plane: Plane,
  width: number,
  height: number,
  filter: LineFilter,
  down = filter
): Plane {
  const out = new Float32Array(plane.length)
  filterRows(plane, out, width, filter)
  const lines = new Float32Array(STRIP * height)
  const made = new Float32Array(STRIP * height)
  for (let left = 0; left < width; left += STRIP) {
    const count = Math.min(STRIP, width - left)
    for (let y = 0; y < height; y++)
      for (let k = 0; k < count; k++) lines[k * height + y] = out[y * width + left + k]!
    filterRows(lines.subarray(0, count * height), made, height, down)
    for (let y = 0; y < height; y++)
      for (let k = 0; k < count; k++) out[y * width + left + k] = made[k * height + y]!
  }
  return out
}

/** Most lines of a mask are flat or as the one before, and cost nothing. */
function filterRows(source: Plane, target: Plane, length: number, filter: LineFilter): void {
  for (let at = 0; at < source.length; at += length) {
    const first = source[at]!
    let same = 1
    while (same < length && source[at + same] === first) same++
    if (same === length) target.fill(first, at, at + length)
    else if (at > 0 && isAsBefore(source, at, length)) target.copyWithin(at, at - length, at)
    else filter(source, target, at, length)
  }
}

function isAsBefore(source: Plane, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (source[i] !== source[i - length]) return false
  return true
}

/** Bytes as numbers. */
export function planeOf(data: Uint8Array): Plane {
  const plane = new Float32Array(data.length)
  plane.set(data)
  return plane
}

/** Copies a line with `margin` more numbers on each side, mirrored at its border pixels. */
export function copyMirrored(
  source: Plane,
  at: number,
  length: number,
  margin: number,
  to: Float64Array
): void {
  for (let i = 0; i < length; i++) to[margin + i] = source[at + i]!
  for (let i = 1; i <= margin; i++) {
    to[margin - i] = source[at + mirrored(-i, length)]!
    to[margin + length - 1 + i] = source[at + mirrored(length - 1 + i, length)]!
  }
}

/** Where a position outside 0…length−1 lies when the picture is mirrored at its border pixels (OpenCV's BORDER_REFLECT_101). */
export function mirrored(position: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const phase = ((position % period) + period) % period
  return phase < length ? phase : period - phase
}
