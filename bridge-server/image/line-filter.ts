/** A plane of numbers, row by row. */
export type Plane = Float32Array

/** Filters one line: reads `length` numbers of `source` from `at`, writes as many to `target` from `at`. */
export type LineFilter = (source: Plane, target: Plane, at: number, length: number) => void

/** A filter along x and then along y. Columns are filtered as rows of the transposed plane, for the sake of the cache. */
export function separable(plane: Plane, width: number, height: number, filter: LineFilter): Plane {
  const wide = new Float32Array(plane.length)
  for (let y = 0; y < height; y++) filter(plane, wide, y * width, width)
  const turned = transposed(wide, width, height)
  const high = wide
  for (let x = 0; x < width; x++) filter(turned, high, x * height, height)
  return transposed(high, height, width)
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
export function mirrored(position: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const phase = ((position % period) + period) % period
  return phase < length ? phase : period - phase
}
