import type { Value } from '../graph/graph.ts'
import {
  add,
  concat,
  expandBatch,
  gelu,
  reshape,
  resizeBicubic,
  slice,
  transpose,
  upsampleBilinear
} from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { attention, toTokens } from './attention.ts'
import { layerNorm, linear } from './layers.ts'

export interface VitOptions {
  readonly heads: number
  readonly layerNormEpsilon: number
}

/** transformers' DPTViTEmbeddings after the patches are made: [n, c, h, w] → [n, 1 + h·w, c], the class token first */
export function vitEmbeddings(
  m: Scope,
  patches: Value,
  interpolation: 'bilinear' | 'bicubic' = 'bilinear'
): Value {
  const tokens = toTokens(m, patches)
  const all = concat(m, [expandBatch(m, m.weight('cls_token'), tokens), tokens], 1)
  return add(m, all, positionEmbeddings(m, patches, interpolation))
}

/** Positions are learnt on one square grid; for another they are interpolated. */
function positionEmbeddings(m: Scope, patches: Value, interpolation: 'bilinear' | 'bicubic'): Value {
  const learnt = m.weight('position_embeddings') // [1, 1 + side², c]
  const [, c = 0, h = 0, w = 0] = patches.shape
  const [, count = 1] = learnt.shape
  const side = Math.sqrt(count - 1)
  if (side === h && side === w) return learnt
  const grid = transpose(m, reshape(m, slice(m, learnt, 1, 1), [1, side, side, c]), [0, 3, 1, 2])
  const resized =
    interpolation === 'bicubic'
      ? resizeBicubic(m, grid, patches)
      : upsampleBilinear(m, grid, 'half_pixel', patches)
  return concat(m, [slice(m, learnt, 1, 0, 1), toTokens(m, { ...resized, shape: [1, c, h, w] })], 1)
}

/** transformers' DPTViTLayer. x: [n, tokens, c] */
export function vitLayer(m: Scope, x: Value, { heads, layerNormEpsilon: epsilon }: VitOptions): Value {
  const self = m.at('attention.attention')
  const normed = layerNorm(m.at('layernorm_before'), x, { epsilon })
  const [q, k, v] = [
    linear(self.at('query'), normed),
    linear(self.at('key'), normed),
    linear(self.at('value'), normed)
  ]
  const h = add(m, linear(m.at('attention.output.dense'), attention(m, q, k, v, { heads })), x)
  const wide = gelu(m, linear(m.at('intermediate.dense'), layerNorm(m.at('layernorm_after'), h, { epsilon })))
  return add(m, linear(m.at('output.dense'), wide), h)
}
