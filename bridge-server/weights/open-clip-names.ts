import type { Weight } from '../graph/weight.ts'

const outer: Readonly<Record<string, string>> = {
  positional_embedding: 'text_model.embeddings.position_embedding.weight',
  'token_embedding.weight': 'text_model.embeddings.token_embedding.weight',
  'ln_final.weight': 'text_model.final_layer_norm.weight',
  'ln_final.bias': 'text_model.final_layer_norm.bias',
  text_projection: 'text_projection',
  'text_projection.weight': 'text_projection.weight'
}

const inner: Readonly<Record<string, string>> = {
  'attn.out_proj': 'self_attn.out_proj',
  ln_1: 'layer_norm1',
  ln_2: 'layer_norm2',
  'mlp.c_fc': 'mlp.fc1',
  'mlp.c_proj': 'mlp.fc2'
}

const block = /^transformer\.resblocks\.(\d+)\.(.+)\.(weight|bias)$/
const fused = /^transformer\.resblocks\.(\d+)\.attn\.in_proj_(weight|bias)$/

/**
 * open_clip's text transformer under transformers' names. The projections of queries, keys and values lie one after
 * the other in one tensor, so each is a third of its rows: an offset, no copy. The causal mask and the logit scale go.
 */
export function openClipToTransformers(weights: ReadonlyMap<string, Weight>): Map<string, Weight> {
  const result = new Map<string, Weight>()
  for (const [name, weight] of weights) {
    const [, fusedLayer, end] = fused.exec(name) ?? []
    const [, layer, module, last] = block.exec(name) ?? []
    if (fusedLayer !== undefined && end !== undefined)
      ['q', 'k', 'v'].forEach((letter, i) =>
        result.set(
          `text_model.encoder.layers.${fusedLayer}.self_attn.${letter}_proj.${end}`,
          rowThird(weight, i)
        )
      )
    else if (layer !== undefined && module !== undefined && last !== undefined) {
      const to = inner[module]
      if (to !== undefined) result.set(`text_model.encoder.layers.${layer}.${to}.${last}`, weight)
    } else {
      const to = outer[name]
      if (to !== undefined) result.set(to, weight)
    }
  }
  return result
}

/** The i-th third of a weight's rows, in place. */
export function rowThird(weight: Weight, i: number): Weight {
  const [rows = 0, ...columns] = weight.shape
  const length = weight.length / 3
  return { ...weight, shape: [rows / 3, ...columns], offset: weight.offset + i * length, length }
}
