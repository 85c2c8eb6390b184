/** A plane of numbers, row by row. */
export type Plane = Float32Array

/** Filters one line: reads `length` numbers of `source` from `at`, writes as many to `target` from `at`. */
export type LineFilter = (source: Plane, target: Plane, at: number, length: number) => void

/**
 * A filter along x and then along y; it must leave a line of one value as it is. Columns are filtered as rows of the
 * transposed plane, for the sake of the cache.
 */
export function separable(plane: Plane, width: number, height: number, filter: LineFilter): Plane {
  const wide = new Float32Array(plane.length)
  filterRows(plane, wide, width, filter)
  const turned = transposed(wide, width, height)
  filterRows(turned, wide, height, filter)
  return transposed(wide, height, width)
}

/** Most lines of a mask are flat, and cost nothing. */
function filterRows(source: Plane, target: Plane, length: number, filter: LineFilter): void {
  for (let at = 0; at < source.length; at += length) {
    const first = source[at]!
    let same = 1
    while (same < length && source[at + same] === first) same++
    if (same === length) target.fill(first, at, at + length)
    else filter(source, target, at, length)
  }
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

const BLOCK = 32

function transposed(plane: Plane, width: number, height: number): Plane {
  const out = new Float32Array(plane.length)
  for (let top = 0; top < height; top += BLOCK)
    for (let left = 0; left < width; left += BLOCK) {
      const bottom = Math.min(top + BLOCK, height)
      const right = Math.min(left + BLOCK, width)
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) out[x * height + y] = plane[y * width + x]!
    }
  return out
}

/** Where a position outside 0…length−1 lies when the picture is mirrored at its border pixels (OpenCV's BORDER_REFLECT_101). */
function mirrored(position: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const phase = ((position % period) + period) % period
  return phase < length ? phase : period - phase
}
