import type { Value } from '../graph/graph.ts'
import { add, reshape, silu, upsampleNearest } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { conv2d, groupNorm, linear } from './layers.ts'
import type { Hypernetwork } from './hypernetwork.ts'
import { spatialTransformer } from './transformer.ts'

export interface UnetOptions {
  /** The same number at every level, or one for every `size` channels. */
  readonly heads: { readonly count: number } | { readonly size: number }
  readonly normGroups: number
}

export interface UnetConditions {
  /** timestepEmbedding of each batch, [n, model channels]. */
  readonly timesteps: Value
  /** guidanceEmbedding, [1, channels], for networks with `time_embed.cond_proj`: those that were distilled with their guidance. */
  readonly guidance: Value | null
  /** [n, tokens, width] */
  readonly context: Value
  /** [n, adm]: pooled text and sizes, for networks with `label_emb`. */
  readonly y: Value | null
}

/** What every block of the network sees beside its input. */
export interface Surroundings {
  readonly embedding: Value
  readonly context: Value
  readonly heads: (channels: number) => number
  readonly normGroups: number
  readonly hypernetworks: readonly Hypernetwork[]
  /** An upsampled picture gets this one's height and width; without it, twice its own. */
  readonly like?: Value
}

/** The half of UNetModel that its blocks share: time, guidance where it is embedded, and for XL the pooled text, as one vector. */
export function surroundings(
  m: Scope,
  { timesteps, guidance, context, y }: UnetConditions,
  { heads, normGroups }: UnetOptions,
  hypernetworks: readonly Hypernetwork[]
): Surroundings {
  const time = m.at('time_embed')
  const told =
    guidance === null ? timesteps : add(m, timesteps, linear(time.at('cond_proj'), guidance, { bias: false }))
  let embedding = mlp(time, told)
  if (y !== null) embedding = add(m, embedding, mlp(m.at('label_emb', 0), y))
  const headsOf = (channels: number): number => ('count' in heads ? heads.count : channels / heads.size)
  return { embedding, context, heads: headsOf, normGroups, hypernetworks }
}

const mlp = (m: Scope, x: Value): Value => linear(m.at(2), silu(m, linear(m.at(0), x)))

/** ldm's TimestepEmbedSequential */
export const sequential = (m: Scope, x: Value, around: Surroundings): Value =>
  m.each().reduce((h, layer) => blockLayer(layer, h, around), x)

function blockLayer(m: Scope, x: Value, around: Surroundings): Value {
  if (m.has('in_layers')) return resBlock(m, x, around)
  if (m.has('proj_in')) return spatialTransformer(m, x, around.context, around)
  if (m.has('op')) return conv2d(m.at('op'), x, { stride: 2, padding: 1 }) // Downsample
  if (m.has('conv')) return conv2d(m.at('conv'), upsampleNearest(m, x, around.like), { padding: 1 }) // Upsample
  return conv2d(m, x, { padding: 1 })
}

/** ldm.modules.diffusionmodules.openaimodel.ResBlock */
function resBlock(m: Scope, x: Value, { embedding, normGroups: groups }: Surroundings): Value {
  let h = silu(m, groupNorm(m.at('in_layers', 0), x, { groups }))
  h = conv2d(m.at('in_layers', 2), h, { padding: 1 })

  const time = linear(m.at('emb_layers', 1), silu(m, embedding))
  h = add(m, h, reshape(m, time, [0, 0, 1, 1]))

  h = silu(m, groupNorm(m.at('out_layers', 0), h, { groups }))
  h = conv2d(m.at('out_layers', 3), h, { padding: 1 })

  return add(m, m.has('skip_connection') ? conv2d(m.at('skip_connection'), x) : x, h)
}
