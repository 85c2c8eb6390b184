import type { Size } from '../protocol/geometry.ts'
import { zeros } from '../tensor/tensor.ts'
import type { Tensor } from './pixels.ts'

/** torch's `interpolate(mode='bicubic', align_corners=False)` of [1, 1, h, w]: samples with a = −3/4 and no antialiasing. */
export function sampledBicubic({ data, dims }: Tensor, { width, height }: Size): Tensor {
  const [, , h = 0, w = 0] = dims
  const out = zeros([1, 1, height, width])
  const columns = pointsFor(w, width)
  const rows = pointsFor(h, height)
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      let sum = 0
      for (let r = 4 * y; r < 4 * y + 4; r++) {
        const row = rows.at[r]! * w
        const weight = rows.weights[r]!
        for (let c = 4 * x; c < 4 * x + 4; c++)
          sum += weight * columns.weights[c]! * data[row + columns.at[c]!]!
      }
      out.data[i] = sum
    }
  return out
}

/** Four neighbours with their weights for each output sample; the border is repeated. */
interface Points {
  readonly at: Int32Array
  readonly weights: Float64Array
}

function pointsFor(from: number, to: number): Points {
  const points = { at: new Int32Array(4 * to), weights: new Float64Array(4 * to) }
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to - 0.5
    const first = Math.floor(centre) - 1
    for (let k = 0; k < 4; k++) {
      points.at[4 * i + k] = Math.min(Math.max(first + k, 0), from - 1)
      points.weights[4 * i + k] = keys(centre - first - k)
    }
  }
  return points
}

/** R. Keys 1981 with a = −3/4. */
function keys(distance: number): number {
  const x = Math.abs(distance)
  if (x <= 1) return (1.25 * x - 2.25) * x * x + 1
  return x < 2 ? ((-0.75 * x + 3.75) * x - 6) * x + 3 : 0
}

/** Stretched to −1…1, as depth models were trained; flat depth is 0 everywhere. */
export function normalisedDepth({ data, dims }: Tensor): Tensor {
  const { low, span } = range(data)
  return { data: data.map((value) => (span === 0 ? 0 : (2 * (value - low)) / span - 1)), dims }
}

/** Stretched to 0…1, to be looked at; flat depth is 1/2 everywhere. */
export function visibleDepth({ data, dims }: Tensor): Tensor {
  const { low, span } = range(data)
  return { data: data.map((value) => (span === 0 ? 0.5 : (value - low) / span)), dims }
}

function range(data: Float32Array): { readonly low: number; readonly span: number } {
  let [low, high] = [Infinity, -Infinity]
  for (const value of data) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return { low, span: high - low }
}
