import { zeros, type Tensor } from '../tensor/tensor.ts'

/** Where one tile lies along one axis, in tiles' own units. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** The fewest spans of `tile` that cover `length` with at least `overlap` in common, spread evenly. */
export function spans(length: number, tile: number, overlap: number): readonly Span[] {
  if (length <= tile) return [{ start: 0, end: length }]
  const count = Math.ceil((length - overlap) / (tile - overlap))
  return Array.from({ length: count }, (_, i) => {
    const start = Math.round((i * (length - tile)) / (count - 1))
    return { start, end: start + tile }
  })
}

interface Tiling {
  /** Side of a tile and what neighbours share, in latents. */
  readonly tile: number
  readonly overlap: number
  /** Elements of the input, and of the output, for one latent along an axis. */
  readonly inputUnit: number
  readonly outputUnit: number
}

/**
 * Runs a network on overlapping tiles of [1, c, h, w] and blends what comes out. Where tiles overlap each fades linearly, so
 * that their different group norm statistics leave no seam.
 */
export async function runTiled(
  x: Tensor,
  { tile, overlap, inputUnit, outputUnit }: Tiling,
  run: (tile: Tensor) => Promise<Tensor>
): Promise<Tensor> {
  const [, , h = 0, w = 0] = x.dims
  let sum: Tensor | null = null
  let weights: Float32Array | null = null
  for (const rows of spans(h / inputUnit, tile, overlap))
    for (const columns of spans(w / inputUnit, tile, overlap)) {
      const y = await run(crop(x, scale(rows, inputUnit), scale(columns, inputUnit)))
      sum ??= zeros([1, y.dims[1] ?? 0, (h / inputUnit) * outputUnit, (w / inputUnit) * outputUnit])
      weights ??= new Float32Array((sum.dims[2] ?? 0) * (sum.dims[3] ?? 0))
      const fade = overlap * outputUnit
      addFaded({ sum, weights, fade }, y, scale(rows, outputUnit), scale(columns, outputUnit))
    }
  if (sum === null || weights === null) return zeros([1, 0, 0, 0])
  const area = weights.length
  for (let i = 0; i < sum.data.length; i++) sum.data[i] = at(sum.data, i) / at(weights, i % area)
  return sum
}

/** [1, c, h, w] with as many pixels of the other side beyond each edge. */
export function wrapped(x: Tensor, pixels: number): Tensor {
  if (pixels === 0) return x
  const [n = 1, c = 0, h = 0, w = 0] = x.dims
  const out = zeros([n, c, h + 2 * pixels, w + 2 * pixels])
  const inside = (at: number, length: number): number => (((at - pixels) % length) + length) % length
  let i = 0
  for (let plane = 0; plane < n * c; plane++)
    for (let row = 0; row < h + 2 * pixels; row++) {
      const from = (plane * h + inside(row, h)) * w
      for (let column = 0; column < w + 2 * pixels; column++)
        out.data[i++] = at(x.data, from + inside(column, w))
    }
  return out
}

/** Without as many pixels at each edge. */
export function trimmed(x: Tensor, pixels: number): Tensor {
  if (pixels === 0) return x
  const [, , h = 0, w = 0] = x.dims
  return crop(x, { start: pixels, end: h - pixels }, { start: pixels, end: w - pixels })
}

const scale = ({ start, end }: Span, unit: number): Span => ({ start: start * unit, end: end * unit })

const at = (data: Float32Array, i: number): number => data[i] ?? 0

function crop({ data, dims }: Tensor, rows: Span, columns: Span): Tensor {
  const [n = 1, c = 0, h = 0, w = 0] = dims
  const [height, width] = [rows.end - rows.start, columns.end - columns.start]
  const out = zeros([n, c, height, width])
  for (let plane = 0; plane < n * c; plane++)
    for (let y = 0; y < height; y++) {
      const from = (plane * h + rows.start + y) * w + columns.start
      out.data.set(data.subarray(from, from + width), (plane * height + y) * width)
    }
  return out
}

interface Canvas {
  readonly sum: Tensor
  readonly weights: Float32Array
  /** Length over which a tile fades in at a border that it shares. */
  readonly fade: number
}

function addFaded({ sum, weights, fade }: Canvas, tile: Tensor, rows: Span, columns: Span): void {
  const [, c = 0, h = 0, w = 0] = sum.dims
  const rowWeights = ramp(rows, h, fade)
  const columnWeights = ramp(columns, w, fade)
  const width = columnWeights.length
  for (let y = 0; y < rowWeights.length; y++)
    for (let x = 0; x < width; x++) {
      const weight = at(rowWeights, y) * at(columnWeights, x)
      const target = (rows.start + y) * w + columns.start + x
      weights[target] = at(weights, target) + weight
      for (let plane = 0; plane < c; plane++) {
        const i = plane * h * w + target
        sum.data[i] = at(sum.data, i) + weight * at(tile.data, (plane * rowWeights.length + y) * width + x)
      }
    }
}

/** 1 inside, falling towards borders that are not the picture's own; never 0. */
function ramp({ start, end }: Span, length: number, fade: number): Float32Array {
  return Float32Array.from({ length: end - start }, (_, i) => {
    const before = start === 0 ? 1 : (i + 0.5) / fade
    const after = end === length ? 1 : (end - start - i - 0.5) / fade
    return Math.min(1, before, after)
  })
}
