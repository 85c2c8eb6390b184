import type { Value } from '../graph/graph.ts'
import { add, gelu, matmul, quickGelu, reshape } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { DYNAMIC } from '../graph/shape.ts'
import { attention } from './attention.ts'
import { embedding, layerNorm, linear } from './layers.ts'

export interface ClipTextOptions {
  readonly heads: number
  readonly activation: 'quick_gelu' | 'gelu'
  readonly layerNormEpsilon: number
  readonly endToken: number
  /** Which layer's output is the hidden states: 1 is the last. */
  readonly clipSkip: number
  /** Whether the hidden states go through the final norm. The pooled vector always does. */
  readonly finalNorm: boolean
}

export interface ClipText {
  /** [n, tokens, width] */
  readonly hidden: Value
  /** [n, width]: the last layer at the first end token, projected where the checkpoint has a projection. */
  readonly pooled: Value
}

/**
 * ids: [n, tokens] → [n, tokens, width]. Ids from the size of the vocabulary on are rows of `vectors` [count, width]: a textual
 * inversion's.
 */
export function tokenEmbedding(m: Scope, ids: Value, vectors: Value): Value {
  const table = m.at('text_model.embeddings.token_embedding')
  const [vocabulary = 0] = table.shapeOf('weight')
  const integer = (value: number): Value => m.graph.constant(BigInt64Array.of(BigInt(value)), [])
  const node = (op: string, inputs: readonly Value[], { shape }: Value): Value =>
    m.graph.node(op, inputs, shape)
  const own = embedding(table, node('Min', [ids, integer(vocabulary - 1)], ids))
  const row = node('Max', [node('Sub', [ids, integer(vocabulary)], ids), integer(0)], ids)
  const extra = node('Gather', [vectors, row], own)
  const isExtra = reshape(m, node('GreaterOrEqual', [ids, integer(vocabulary)], ids), [0, 0, 1])
  return node('Where', [isExtra, extra, own], own)
}

/** transformers.CLIPTextModelWithProjection. x: embedded tokens [n, tokens, width], ids: [n, tokens] */
export function clipText(m: Scope, x: Value, ids: Value, options: ClipTextOptions): ClipText {
  const { layerNormEpsilon: epsilon, clipSkip, finalNorm } = options
  const model = m.at('text_model')
  const layers = model.each('encoder.layers')
  const norm = (h: Value): Value => layerNorm(model.at('final_layer_norm'), h, { epsilon })

  const positions = model.weight('embeddings.position_embedding.weight') // [tokens, width]
  const mask = causalMask(m, positions.shape[0] ?? 1)
  const outputs: Value[] = []
  let h = add(m, x, positions)
  for (const layer of layers) {
    h = encoderLayer(layer, h, mask, options)
    outputs.push(h)
  }
  const chosen = outputs.at(-clipSkip) ?? h
  const pooled = atFirst(m, norm(h), ids, options.endToken)
  return { hidden: finalNorm ? norm(chosen) : chosen, pooled: project(m, pooled) }
}

/** transformers' CLIPEncoderLayer */
function encoderLayer(m: Scope, x: Value, mask: Value, options: ClipTextOptions): Value {
  const { heads, activation, layerNormEpsilon: epsilon } = options
  const attn = m.at('self_attn')
  const normed = layerNorm(m.at('layer_norm1'), x, { epsilon })
  const [q, k, v] = [
    linear(attn.at('q_proj'), normed),
    linear(attn.at('k_proj'), normed),
    linear(attn.at('v_proj'), normed)
  ]
  const h = add(m, linear(attn.at('out_proj'), attention(m, q, k, v, { heads, mask })), x)

  const act = activation === 'gelu' ? gelu : quickGelu
  const wide = act(m, linear(m.at('mlp.fc1'), layerNorm(m.at('layer_norm2'), h, { epsilon })))
  return add(m, linear(m.at('mlp.fc2'), wide), h)
}

/** No token sees a later one. [1, 1, tokens, tokens] */
function causalMask(m: Scope, tokens: number): Value {
  const mask = Float32Array.from({ length: tokens * tokens }, (_, i) =>
    i % tokens > Math.floor(i / tokens) ? -Infinity : 0
  )
  return m.graph.constant(mask, [1, 1, tokens, tokens])
}

/** The row of each batch where `id` stands first. x: [n, tokens, width] → [n, width] */
function atFirst(m: Scope, x: Value, ids: Value, id: number): Value {
  const [n = DYNAMIC, tokens = DYNAMIC, width = DYNAMIC] = x.shape
  const wanted = m.graph.constant(BigInt64Array.of(BigInt(id)), [])
  const found = m.graph.node('Cast', [m.graph.node('Equal', [ids, wanted], [n, tokens])], [n, tokens], {
    to: INT32
  })
  const at = m.graph.node('ArgMax', [found], [n, 1], { axis: 1, keepdims: 1 })
  return m.graph.node('GatherND', [x, at], [n, width], { batch_dims: 1 })
}

/** onnx.TensorProto.DataType.INT32 */
const INT32 = 6

function project(m: Scope, x: Value): Value {
  if (m.has('text_projection.weight')) return linear(m.at('text_projection'), x, { bias: false })
  if (m.has('text_projection')) return matmul(m, x, m.weight('text_projection')) // OpenCLIP's, [in, out]
  return x
}
