import { assert } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import type { Scope } from '../graph/scope.ts'
import type { WeightSource } from '../graph/weight.ts'
import { guidanceEmbedding, timestepEmbedding } from '../nn/timestep-embedding.ts'
import type { UnetConditions } from '../nn/unet-blocks.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { GUIDANCE_WEIGHT } from '../weights/model-info.ts'
import type { UnetInput } from './model.ts'

/** Width of the first level, which is that of timestep embeddings. */
export const modelChannels = ({ weights }: { readonly weights: WeightSource }): number =>
  weights.get('time_embed.0.weight')?.shape[1] ?? 0

/** Width of the embedded guidance that a UNet was distilled with; 0 for one that classifier-free guidance guides. */
export const guidanceChannels = ({ weights }: { readonly weights: WeightSource }): number =>
  weights.get(GUIDANCE_WEIGHT)?.shape[1] ?? 0

/** Inputs of a graph for what UNets and ControlNets are told beside the latents. */
export function conditionInputs(graph: Graph, m: Scope): UnetConditions {
  const timesteps = graph.input('timesteps', 'f32', ['n', m.shapeOf('time_embed.0.weight')[1] ?? 'channels'])
  const guidance = m.has(GUIDANCE_WEIGHT)
    ? graph.input('guidance', 'f32', [1, m.shapeOf(GUIDANCE_WEIGHT)[1] ?? 'guidance'])
    : null
  const context = graph.input('context', 'f32', ['n', 'tokens', 'width'])
  const y = m.has('label_emb')
    ? graph.input('y', 'f32', ['n', m.shapeOf('label_emb.0.0.weight')[1] ?? 'adm'])
    : null
  return { timesteps, guidance, context, y }
}

/** What goes into `conditionInputs`. */
export function conditionFeeds(
  { timesteps, context, y }: { readonly y?: Tensor | undefined } & Pick<UnetInput, 'timesteps' | 'context'>,
  channels: number
): Readonly<Record<string, Tensor>> {
  const embedding = { data: timestepEmbedding(timesteps, channels), dims: [timesteps.length, channels] }
  return { timesteps: embedding, context, ...(y === undefined ? {} : { y }) }
}

/** What goes into the graph of a network that embeds its guidance, `channels` wide; nothing for others. */
export function guidanceFeed(
  guidance: number | undefined,
  channels: number
): Readonly<Record<string, Tensor>> {
  if (channels === 0) return {}
  assert(guidance !== undefined, 'the UNet embeds its guidance, and was told none')
  return { guidance: { data: guidanceEmbedding(guidance, channels), dims: [1, channels] } }
}
