import type { Value } from '../graph/graph.ts'
import { add, gelu, mul, reshapeLike, transpose } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { attention, toTokens } from './attention.ts'
import { throughHypernetworks, type Hypernetwork } from './hypernetwork.ts'
import { groupNorm, layerNorm, linear } from './layers.ts'

interface TransformerOptions {
  /** Heads at a level of so many channels. */
  readonly heads: (channels: number) => number
  readonly normGroups: number
  readonly hypernetworks: readonly Hypernetwork[]
}

/** ldm.modules.attention.SpatialTransformer. x: [n, c, h, w], context: [n, tokens, width] → as x */
export function spatialTransformer(m: Scope, x: Value, context: Value, options: TransformerOptions): Value {
  const normed = groupNorm(m.at('norm'), x, { groups: options.normGroups, epsilon: 1e-6 })
  // proj_in and proj_out are 1×1 convolutions in SD 1 and linear layers later: the same sums over channels.
  let h = linear(m.at('proj_in'), toTokens(m, normed)) // [n, h·w, c]
  const heads = options.heads(m.shapeOf('proj_in.weight')[0] ?? 1)
  for (const block of m.each('transformer_blocks'))
    h = basicTransformerBlock(block, h, context, { ...options, count: heads })
  h = linear(m.at('proj_out'), h)
  return add(m, reshapeLike(m, transpose(m, h, [0, 2, 1]), x), x)
}

/** ldm.modules.attention.BasicTransformerBlock */
function basicTransformerBlock(m: Scope, x: Value, context: Value, heads: Heads): Value {
  const normed = layerNorm(m.at('norm1'), x)
  let h = add(m, crossAttention(m.at('attn1'), normed, normed, heads), x)
  h = add(m, crossAttention(m.at('attn2'), layerNorm(m.at('norm2'), h), context, heads), h)
  return add(m, feedForward(m.at('ff'), layerNorm(m.at('norm3'), h)), h)
}

interface Heads {
  readonly count: number
  readonly hypernetworks: readonly Hypernetwork[]
}

/** ldm.modules.attention.CrossAttention */
function crossAttention(m: Scope, x: Value, context: Value, { count, hypernetworks }: Heads): Value {
  const [, width = 0] = m.shapeOf('to_k.weight')
  const [forKeys, forValues] = throughHypernetworks(m, context, width, hypernetworks)
  const q = linear(m.at('to_q'), x, { bias: false })
  const k = linear(m.at('to_k'), forKeys, { bias: false })
  const v = linear(m.at('to_v'), forValues, { bias: false })
  return linear(m.at('to_out', 0), attention(m, q, k, v, { heads: count }))
}

/** ldm.modules.attention.FeedForward with GEGLU: the two halves of one weight are two layers, which saves a split. */
function feedForward(m: Scope, x: Value): Value {
  const [both = 0] = m.shapeOf('net.0.proj.weight')
  const value = linear(m.at('net', 0, 'proj'), x, { rows: [0, both / 2] })
  const gate = linear(m.at('net', 0, 'proj'), x, { rows: [both / 2, both] })
  return linear(m.at('net', 2), mul(m, value, gelu(m, gate)))
}
