import type { Value } from '../graph/graph.ts'
import {
  add,
  concat,
  gelu,
  isEqual,
  mul,
  pixelsOfBlocks,
  blocksOfPixels,
  reshape,
  reshapeLike,
  slice,
  sub,
  transpose,
  where
} from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { attention } from './attention.ts'
import { layerNorm, linear } from './layers.ts'

/** Which tokens of a shifted picture's windows must not see each other: 0 or −100, [windows, 1, size², size²]. */
export type ShiftMask = Value

/**
 * SwinTransformerBlock (Liu et al. 2021, arXiv:2103.14030). x: [n, h, w, c], sides multiples of the window; `shifted`: every
 * second block moves its windows by half of one.
 */
export function swinBlock(m: Scope, x: Value, mask: ShiftMask, shifted: boolean): Value {
  const size = windowSize(m)
  const shift = shifted ? size / 2 : 0
  const normed = roll(m, layerNorm(m.at('norm1'), x), -Math.floor(shift))
  const seen = windowAttention(m.at('attn'), windows(m, normed, size), shifted ? mask : null)
  const h = add(m, x, roll(m, picture(m, seen, normed, size), Math.floor(shift)))
  const wide = gelu(m, linear(m.at('mlp.fc1'), layerNorm(m.at('norm2'), h)))
  return add(m, h, linear(m.at('mlp.fc2'), wide))
}

/** Side of a block's windows: its table has a row for every distance between two of their pixels. */
export const windowSize = (m: Scope): number =>
  (Math.sqrt(m.shapeOf('attn.relative_position_bias_table')[0] ?? 1) + 1) / 2

/** SwinTransformer's WindowAttention. x: [windows, size², c] */
function windowAttention(m: Scope, x: Value, mask: ShiftMask | null): Value {
  const width = x.shape.at(-1) ?? 0
  const [q, k, v] = [0, 1, 2].map((i) => linear(m.at('qkv'), x, { rows: [i * width, (i + 1) * width] }))
  const bias = positionBias(m)
  const scores = { heads: bias.shape[1] ?? 1, mask: mask === null ? bias : add(m, bias, mask) }
  return linear(m.at('proj'), attention(m, q!, k!, v!, scores))
}

/** What is added to the score of two pixels of a window for where they lie to each other, [1, heads, size², size²]. */
function positionBias(m: Scope): Value {
  m.leave('relative_position_index')
  const [rows = 1, heads = 1] = m.shapeOf('relative_position_bias_table')
  const reach = Math.sqrt(rows)
  const size = (reach + 1) / 2
  const area = size ** 2
  const index = BigInt64Array.from({ length: area ** 2 }, (_, at) => {
    const [i, k] = [Math.floor(at / area), at % area]
    const down = Math.floor(i / size) - Math.floor(k / size) + size - 1
    return BigInt(down * reach + (i % size) - (k % size) + size - 1)
  })
  const each = m.rows('relative_position_bias_table', m.graph.constant(index, [area ** 2]))
  return reshape(m, transpose(m, each, [1, 0]), [1, heads, area, area])
}

/**
 * SwinTransformer's calculate_mask: a shifted picture's last windows hold pixels of both of its ends. x: [n, h, w, c], of which only
 * the sides count.
 */
export function shiftMask(m: Scope, x: Value, size: number): ShiftMask {
  const channel = slice(m, x, 3, 0, 1)
  const zeros = sub(m, channel, channel)
  const regions = (axis: number): Value => {
    const shift = Math.floor(size / 2)
    const part = (start: number, end: number | undefined, number: number): Value =>
      add(m, slice(m, zeros, axis, start, end), number)
    const parts = [part(0, -size, 0), part(-size, -shift, 1), part(-shift, undefined, 2)]
    return { ...concat(m, parts, axis), shape: zeros.shape }
  }
  const numbers = windows(m, add(m, regions(1), mul(m, regions(2), 3)), size)
  const same = isEqual(m, numbers, transpose(m, numbers, [0, 2, 1]))
  return reshape(m, where(m, same, 0, -100), [-1, 1, size ** 2, size ** 2])
}

/** torch.roll of both sides. x: [n, h, w, c] */
function roll(m: Scope, x: Value, by: number): Value {
  if (by === 0) return x
  return [1, 2].reduce(
    (h, axis) => ({
      ...concat(m, [slice(m, h, axis, -by), slice(m, h, axis, 0, -by)], axis),
      shape: x.shape
    }),
    x
  )
}

/** window_partition: [n, h, w, c] → [windows, size², c] */
function windows(m: Scope, x: Value, size: number): Value {
  const width = x.shape.at(-1) ?? 0
  return reshape(m, blocks(m, x, size), [-1, size ** 2, width])
}

/** window_reverse: [windows, size², c] → [n, h, w, c], the shape of `like` */
function picture(m: Scope, x: Value, like: Value, size: number): Value {
  const grid = transpose(m, reshapeLike(m, x, blocks(m, like, size)), [0, 3, 1, 2])
  return { ...transpose(m, pixelsOfBlocks(m, grid, size), [0, 2, 3, 1]), shape: like.shape }
}

/** [n, h, w, c] → [n, h / size, w / size, size² · c] */
const blocks = (m: Scope, x: Value, size: number): Value =>
  transpose(m, blocksOfPixels(m, transpose(m, x, [0, 3, 1, 2]), size), [0, 2, 3, 1])
