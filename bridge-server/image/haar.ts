/** A plane of numbers, row by row. */
export interface Plane {
  readonly width: number
  readonly height: number
  readonly data: Float64Array
}

/** One level of the 2-D Haar transform: half the size each; `h` has differences down the columns, `v` along the rows. */
export interface Bands {
  readonly ll: Plane
  readonly h: Plane
  readonly v: Plane
  readonly d: Plane
}

/** 1/√2 as PyWavelets writes it. Its square is a little over ½, and what is quantised after sees that last bit. */
const C = 0.7071067811865476

/** Of an even size; down the columns first, then along the rows, as PyWavelets' `dwt2(…, 'haar')`. */
export function haar({ width, height, data }: Plane): Bands {
  const size = { width: width / 2, height: height / 2 }
  const bands = { ll: empty(size), h: empty(size), v: empty(size), d: empty(size) }
  for (let y = 0, at = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++, at++) {
      const from = 2 * y * width + 2 * x
      const [a, b, c, d] = [data[from]!, data[from + 1]!, data[from + width]!, data[from + width + 1]!]
      const [low0, low1] = [C * c + C * a, C * d + C * b]
      const [high0, high1] = [-C * c + C * a, -C * d + C * b]
      bands.ll.data[at] = C * low1 + C * low0
      bands.v.data[at] = -C * low1 + C * low0
      bands.h.data[at] = C * high1 + C * high0
      bands.d.data[at] = -C * high1 + C * high0
    }
  return bands
}

/** The inverse. */
export function unhaar({ ll, h, v, d }: Bands): Plane {
  const { width, height } = ll
  const out = empty({ width: 2 * width, height: 2 * height })
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const [low0, low1] = pair(ll.data[at]!, v.data[at]!)
      const [high0, high1] = pair(h.data[at]!, d.data[at]!)
      const to = 4 * y * width + 2 * x
      ;[out.data[to], out.data[to + 2 * width]] = pair(low0, high0)
      ;[out.data[to + 1], out.data[to + 2 * width + 1]] = pair(low1, high1)
    }
  return out
}

const pair = (sum: number, difference: number): [number, number] => [
  C * sum + C * difference,
  C * sum - C * difference
]

const empty = ({ width, height }: { readonly width: number; readonly height: number }): Plane => ({
  width,
  height,
  data: new Float64Array(width * height)
})
