import type { Size } from '../protocol/geometry.ts'
import { gaussianPlane, rounded, type Kernel } from './blur.ts'
import { mirrored, planeOf, type Plane } from './line-filter.ts'
import type { Gray } from './pixels.ts'

/** Deviations of a blur are at least so many pixels of the smaller plane on which it is made. */
const FINE = 3

/**
 * `gaussianPlane` for wide kernels, within a grey level of it (one and a half, for kernels that are cut off): made on means of
 * squares and interpolated, so that the time does not grow with the kernel.
 */
export function wideBlur(plane: Plane, size: Size, kernel: Kernel): Plane {
  const { radius, sigma } = kernel
  // A kernel that is cut off has edges, which want smaller squares.
  const fine = radius < 2.5 * sigma ? 2 * FINE : FINE
  const factor = 2 ** Math.max(0, Math.floor(Math.log2(sigma / fine)))
  if (factor === 1) return gaussianPlane(plane, size, kernel)
  const [columns, rows] = [squares(size.width, radius, factor), squares(size.height, radius, factor)]
  const small = { width: columns.count, height: rows.count }
  // The means and the interpolation blur, too: a square's variance and a triangle's.
  const rest = Math.sqrt(sigma ** 2 - (factor ** 2 - 1) / 12 - factor ** 2 / 6) / factor
  const reach = (radius + 0.5) / factor
  const outermost = Math.ceil(reach - 0.5)
  const blurred = gaussianPlane(means(plane, size.width, { columns, rows }), small, {
    ...{ radius: outermost, end: reach - (outermost - 0.5) },
    sigma: rest
  })
  return interpolated(blurred, size, { columns, rows })
}

/** The same for 8 bits. */
export const wideBlurred = ({ width, height, data }: Gray, kernel: Kernel): Gray => ({
  ...{ width, height },
  data: rounded(wideBlur(planeOf(data), { width, height }, kernel))
})

/** How a line with its mirrored ends is divided into squares. */
interface Squares {
  readonly factor: number
  readonly count: number
  /** Squares before the line begins. */
  readonly before: number
  /** For each pixel of the squares the one of the line that is there. */
  readonly source: Int32Array
}

function squares(length: number, radius: number, factor: number): Squares {
  const before = Math.ceil(radius / factor) + 1
  const count = Math.ceil(length / factor) + 2 * before
  const source = Int32Array.from({ length: factor * count }, (_, i) => mirrored(i - factor * before, length))
  return { factor, count, before, source }
}

interface Grid {
  readonly columns: Squares
  readonly rows: Squares
}

function means(plane: Plane, width: number, { columns, rows }: Grid): Plane {
  const { factor, source } = columns
  const out = new Float32Array(columns.count * rows.count)
  const sums = new Float64Array(columns.count)
  for (let row = 0; row < rows.count; row++) {
    sums.fill(0)
    for (const y of rows.source.subarray(row * factor, (row + 1) * factor))
      for (let cell = 0, i = 0; cell < columns.count; cell++)
        for (const end = i + factor; i < end; i++) sums[cell]! += plane[y * width + source[i]!]!
    for (let cell = 0; cell < columns.count; cell++)
      out[row * columns.count + cell] = sums[cell]! / factor ** 2
  }
  return out
}

/** Linear between the middles of the squares. */
function interpolated(small: Plane, { width, height }: Size, { columns, rows }: Grid): Plane {
  const { factor, count, before } = columns
  const out = new Float32Array(width * height)
  const line = new Float64Array(count)
  for (let y = 0, i = 0; y < height; y++) {
    const v = (y + 0.5) / factor - 0.5 + rows.before
    const [above, t] = [Math.floor(v) * count, v - Math.floor(v)]
    for (let x = 0; x < count; x++) line[x] = small[above + x]! * (1 - t) + small[above + count + x]! * t
    for (let x = 0; x < width; x++, i++) {
      const u = (x + 0.5) / factor - 0.5 + before
      const left = Math.floor(u)
      out[i] = line[left]! + (line[left + 1]! - line[left]!) * (u - left)
    }
  }
  return out
}
