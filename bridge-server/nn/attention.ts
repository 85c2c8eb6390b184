import type { Value } from '../graph/graph.ts'
import { add, matmul, mul, reshape, softmax, transpose } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { DYNAMIC } from '../graph/shape.ts'

interface Attention {
  readonly heads: number
  /** Added to the scores, [1, 1, tokens, tokens]. */
  readonly mask?: Value
}

/**
 * Softmax(q kᵀ / √size) v for each head. q: [n, tokens, width], k and v: [n, other tokens, width] → as q.
 * The fused operator never holds the token × token matrix.
 */
export function attention(m: Scope, q: Value, k: Value, v: Value, { heads, mask }: Attention): Value {
  if (m.graph.target.attention === 'fused' && mask === undefined)
    return m.graph.node('com.microsoft.MultiHeadAttention', [q, k, v], q.shape, { num_heads: heads })

  const width = q.shape.at(-1) ?? DYNAMIC
  const size = width / heads
  const split = (x: Value): Value => reshape(m, x, [0, 0, heads, size])
  const queries = transpose(m, split(mul(m, q, 1 / Math.sqrt(size))), [0, 2, 1, 3])
  const keys = transpose(m, split(k), [0, 2, 3, 1])
  const values = transpose(m, split(v), [0, 2, 1, 3])
  const scores = matmul(m, queries, keys)
  const weights = softmax(m, mask === undefined ? scores : add(m, scores, mask))
  const merged = transpose(m, matmul(m, weights, values), [0, 2, 1, 3])
  return reshape(m, merged, [0, 0, width])
}

/** [n, c, h, w] → [n, h·w, c] */
export const toTokens = (m: Scope, x: Value): Value => transpose(m, reshape(m, x, [0, 0, -1]), [0, 2, 1])
