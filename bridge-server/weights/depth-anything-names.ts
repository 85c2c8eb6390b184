import type { Weight } from '../graph/weight.ts'
import { rowThird } from './open-clip-names.ts'

/** Each pattern of Depth-Anything's own code and its name in transformers' DepthAnythingForDepthEstimation. */
const names: readonly (readonly [RegExp, string])[] = [
  [/^pretrained\.(cls_token|mask_token)$/, 'backbone.embeddings.$1'],
  [/^pretrained\.pos_embed$/, 'backbone.embeddings.position_embeddings'],
  [/^pretrained\.patch_embed\.proj\./, 'backbone.embeddings.patch_embeddings.projection.'],
  [/^pretrained\.norm\./, 'backbone.layernorm.'],
  [/^pretrained\.blocks\.(\d+)\.(norm[12]\.|mlp\.fc[12]\.)/, 'backbone.encoder.layer.$1.$2'],
  [/^pretrained\.blocks\.(\d+)\.attn\.proj\./, 'backbone.encoder.layer.$1.attention.output.dense.'],
  [/^pretrained\.blocks\.(\d+)\.ls([12])\.gamma$/, 'backbone.encoder.layer.$1.layer_scale$2.lambda1'],
  [/^depth_head\.projects\.(\d)\./, 'neck.reassemble_stage.layers.$1.projection.'],
  [/^depth_head\.resize_layers\.(\d)\./, 'neck.reassemble_stage.layers.$1.resize.'],
  [/^depth_head\.scratch\.output_conv1\./, 'head.conv1.'],
  [/^depth_head\.scratch\.output_conv2\.0\./, 'head.conv2.'],
  [/^depth_head\.scratch\.output_conv2\.2\./, 'head.conv3.']
]

const qkv = /^pretrained\.blocks\.(\d+)\.attn\.qkv\.(weight|bias)$/
const layerConv = /^depth_head\.scratch\.layer([1-4])_rn\.weight$/
const fusion =
  /^depth_head\.scratch\.refinenet([1-4])\.(?:(out_conv)|resConfUnit([12])\.conv([12]))\.(weight|bias)$/

/** Depth-Anything's tensors under transformers' names, which stay as they are. Fusion layers are counted from the other side. */
export function depthAnythingToTransformers(weights: ReadonlyMap<string, Weight>): Map<string, Weight> {
  const result = new Map<string, Weight>()
  for (const [name, weight] of weights) {
    const [, layer, end] = qkv.exec(name) ?? []
    if (layer !== undefined && end !== undefined)
      ['query', 'key', 'value'].forEach((what, i) =>
        result.set(`backbone.encoder.layer.${layer}.attention.attention.${what}.${end}`, rowThird(weight, i))
      )
    else result.set(neckName(name) ?? plainName(name), weight)
  }
  return result
}

function plainName(name: string): string {
  for (const [pattern, to] of names) if (pattern.test(name)) return name.replace(pattern, to)
  return name
}

function neckName(name: string): string | null {
  const [, convolution] = layerConv.exec(name) ?? []
  if (convolution !== undefined) return `neck.convs.${Number(convolution) - 1}.weight`
  const [, from, out, unit, conv, end = ''] = fusion.exec(name) ?? []
  if (from === undefined) return null
  const layer = `neck.fusion_stage.layers.${4 - Number(from)}`
  return out === undefined
    ? `${layer}.residual_layer${unit ?? ''}.convolution${conv ?? ''}.${end}`
    : `${layer}.projection.${end}`
}
