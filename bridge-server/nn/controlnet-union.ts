import type { Value } from '../graph/graph.ts'
import { add, mean, quickGelu, reshape, silu } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { layerNorm, linear } from './layers.ts'

/** Which of its kinds of maps a union of ControlNets is given. */
export interface UnionKind {
  /** [1]: its number. */
  readonly kind: Value
  /** timestepEmbedding of 0 or 1 for each kind, [1, kinds · 256]. */
  readonly types: Value
}

/** diffusers' ControlNetUnionModel.control_add_embedding, a TimestepEmbedding: added to the embedded time. */
export function typeEmbedding(m: Scope, { types }: UnionKind): Value {
  const mlp = m.at('control_add_embedding')
  return linear(mlp.at('linear_2'), silu(m, linear(mlp.at('linear_1'), types)))
}

/**
 * What diffusers' ControlNetUnionModel makes of a map's `hint`: its mean and its kind go through a small transformer, and what that
 * says is added. [1, c, h, w] → as it is
 */
export function fusedHint(m: Scope, hint: Value, { kind }: UnionKind): Value {
  const map = add(m, mean(m, hint, [2, 3]), m.rows('task_embedding', kind)) // [1, c]
  const told = m.each('transformer_layes').reduce((h, layer) => residualAttentionBlock(layer, h), map)
  return add(m, hint, reshape(m, linear(m.at('spatial_ch_projs'), told), [0, -1, 1, 1]))
}

/**
 * CLIP's ResidualAttentionBlock. x: [1, c]. There the picture is a second token; but the models' own code, and so their training,
 * takes the pictures of a batch for the tokens (torch's `batch_first` is left out), and a batch here is one picture under several
 * prompts. So each token sees copies of itself, whose mean is its own value: nothing of queries, keys and other tokens remains.
 */
function residualAttentionBlock(m: Scope, x: Value): Value {
  const width = x.shape.at(-1) ?? 0
  const values = linear(m.at('attn.in_proj'), layerNorm(m.at('ln_1'), x), { rows: [2 * width, 3 * width] })
  const h = add(m, linear(m.at('attn.out_proj'), values), x)
  const wide = quickGelu(m, linear(m.at('mlp.c_fc'), layerNorm(m.at('ln_2'), h)))
  return add(m, linear(m.at('mlp.c_proj'), wide), h)
}
