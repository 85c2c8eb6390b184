import type { Value } from '../graph/graph.ts'
import { add, gelu, mul, relu, reshape, slice, transpose, upsampleBilinear } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { DYNAMIC } from '../graph/shape.ts'
import { attention } from './attention.ts'
import { fuse } from './dpt.ts'
import { conv2d, convTranspose2d, layerNorm, linear } from './layers.ts'
import { vitEmbeddings, type VitOptions } from './vit.ts'

export interface DepthAnythingOptions extends VitOptions {
  readonly patchSize: number
  /** Layers whose outputs are used; the first is 0. */
  readonly outIndices: readonly number[]
}

/** transformers.DepthAnythingForDepthEstimation. x: normalised picture [n, 3, h, w], h and w known multiples of the patch → [n, h, w] */
export function depthAnything(m: Scope, x: Value, options: DepthAnythingOptions): Value {
  const embeddings = m.at('backbone.embeddings')
  embeddings.leave('mask_token')
  const patches = conv2d(embeddings.at('patch_embeddings.projection'), x, { stride: options.patchSize })
  const layers = dinov2(m.at('backbone'), vitEmbeddings(embeddings, patches, 'bicubic'), options)
  const features = layers.map((tokens, i) =>
    conv2d(m.at('neck.convs', i), reassembled(m.at('neck.reassemble_stage.layers', i), tokens, patches), {
      padding: 1,
      bias: false
    })
  )
  return depthHead(m.at('head'), fuse(m.at('neck.fusion_stage'), features, { fitted: true }), x)
}

/** transformers.Dinov2Backbone: the normed outputs of the wanted layers; those behind the last are never computed. */
function dinov2(m: Scope, x: Value, { outIndices, ...options }: DepthAnythingOptions): readonly Value[] {
  const outputs: Value[] = []
  let h = x
  for (const [i, layer] of m.each('encoder.layer').entries()) {
    if (i > Math.max(...outIndices)) {
      m.leave(`encoder.layer.${i}`)
      continue
    }
    h = dinov2Layer(layer, h, options)
    if (outIndices.includes(i))
      outputs.push(layerNorm(m.at('layernorm'), h, { epsilon: options.layerNormEpsilon }))
  }
  return outputs
}

/** transformers.Dinov2Layer. x: [n, tokens, c] */
function dinov2Layer(m: Scope, x: Value, { heads, layerNormEpsilon: epsilon }: VitOptions): Value {
  const self = m.at('attention.attention')
  const normed = layerNorm(m.at('norm1'), x, { epsilon })
  const [q, k, v] = [
    linear(self.at('query'), normed),
    linear(self.at('key'), normed),
    linear(self.at('value'), normed)
  ]
  const attended = linear(m.at('attention.output.dense'), attention(m, q, k, v, { heads }))
  const h = add(m, mul(m, attended, m.weight('layer_scale1.lambda1')), x)
  const wide = gelu(m, linear(m.at('mlp.fc1'), layerNorm(m.at('norm2'), h, { epsilon })))
  return add(m, mul(m, linear(m.at('mlp.fc2'), wide), m.weight('layer_scale2.lambda1')), h)
}

/** transformers' DepthAnythingReassembleLayer: tokens but the class's back to a map, of 4, 2, 1 and 1/2 times the size. */
function reassembled(m: Scope, tokens: Value, { shape }: Value): Value {
  const [, , height = DYNAMIC, width = DYNAMIC] = shape
  const map = reshape(m, transpose(m, slice(m, tokens, 1, 1), [0, 2, 1]), [0, 0, height, width])
  const h = conv2d(m.at('projection'), map)
  if (!m.has('resize')) return h
  const [, , kernel = 1] = m.shapeOf('resize.weight')
  const resize = m.at('resize')
  return kernel === 3 ? conv2d(resize, h, { stride: 2, padding: 1 }) : convTranspose2d(resize, h)
}

/** transformers' DepthAnythingDepthEstimationHead for relative depth; `like` has the picture's size. */
function depthHead(m: Scope, x: Value, like: Value): Value {
  let h = upsampleBilinear(m, conv2d(m.at('conv1'), x, { padding: 1 }), 'align_corners', like)
  h = relu(m, conv2d(m.at('conv2'), h, { padding: 1 }))
  h = relu(m, conv2d(m.at('conv3'), h))
  const [, , height = DYNAMIC, width = DYNAMIC] = h.shape
  return reshape(m, h, [0, height, width])
}
