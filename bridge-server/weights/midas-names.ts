import type { Weight } from '../graph/weight.ts'
import { rowThird } from './open-clip-names.ts'

/** Each pattern of MiDaS' DPT (ldm's `depth_model.model`) and its name in DPTForDepthEstimation. */
const names: readonly (readonly [RegExp, string])[] = [
  [/^pretrained\.model\.(cls_token)$/, 'dpt.embeddings.$1'],
  [/^pretrained\.model\.pos_embed$/, 'dpt.embeddings.position_embeddings'],
  [
    /^pretrained\.model\.patch_embed\.backbone\.stem\.conv\./,
    'dpt.embeddings.backbone.bit.embedder.convolution.'
  ],
  [/^pretrained\.model\.patch_embed\.backbone\.stem\.norm\./, 'dpt.embeddings.backbone.bit.embedder.norm.'],
  [
    /^pretrained\.model\.patch_embed\.backbone\.stages\.(\d+)\.blocks\./,
    'dpt.embeddings.backbone.bit.encoder.stages.$1.layers.'
  ],
  [/^pretrained\.model\.blocks\.(\d+)\.norm1\./, 'dpt.encoder.layer.$1.layernorm_before.'],
  [/^pretrained\.model\.blocks\.(\d+)\.norm2\./, 'dpt.encoder.layer.$1.layernorm_after.'],
  [/^pretrained\.model\.blocks\.(\d+)\.attn\.proj\./, 'dpt.encoder.layer.$1.attention.output.dense.'],
  [/^pretrained\.model\.blocks\.(\d+)\.mlp\.fc1\./, 'dpt.encoder.layer.$1.intermediate.dense.'],
  [/^pretrained\.model\.blocks\.(\d+)\.mlp\.fc2\./, 'dpt.encoder.layer.$1.output.dense.'],
  [/^scratch\.output_conv\.(\d)\./, 'head.head.$1.']
]

const patches = /^pretrained\.model\.patch_embed\.proj\./
const backbone = 'pretrained.model.patch_embed.backbone.stem.conv.weight'
const postprocess = /^pretrained\.act_postprocess([1-4])\.(0\.project\.0|3|4)\.(weight|bias)$/
const qkv = /^pretrained\.model\.blocks\.(\d+)\.attn\.qkv\.(weight|bias)$/
const layerConv = /^scratch\.layer([1-4])_rn\.(weight|bias)$/
const fusion = /^scratch\.refinenet([1-4])\.(out_conv|resConfUnit([12])\.conv([12]))\.(weight|bias)$/

/** Whether the patches are made of a convolutional backbone's maps. */
export const isHybrid = (weights: ReadonlyMap<string, Weight>): boolean => weights.has(backbone)

/**
 * MiDaS' DPT under transformers' names. Fusion layers are counted from the other side, and the first of them has
 * no residual to convolve, so what the file keeps for that is left out, as is what only the classifier used.
 */
export function midasToTransformers(weights: ReadonlyMap<string, Weight>): Map<string, Weight> {
  const result = new Map<string, Weight>()
  const patchEmbeddings = isHybrid(weights) ? 'projection.' : 'patch_embeddings.projection.'
  for (const [name, weight] of weights) {
    const [, layer, end] = qkv.exec(name) ?? []
    if (layer !== undefined && end !== undefined)
      ['query', 'key', 'value'].forEach((what, i) =>
        result.set(`dpt.encoder.layer.${layer}.attention.attention.${what}.${end}`, rowThird(weight, i))
      )
    else {
      const to = patches.test(name)
        ? name.replace(patches, `dpt.embeddings.${patchEmbeddings}`)
        : (reassembleName(name) ?? neckName(name) ?? plainName(name))
      if (to !== null) result.set(to, weight)
    }
  }
  return result
}

function plainName(name: string): string | null {
  for (const [pattern, to] of names) if (pattern.test(name)) return name.replace(pattern, to)
  return null
}

function reassembleName(name: string): string | null {
  const [, map, step, end = ''] = postprocess.exec(name) ?? []
  if (map === undefined) return null
  const at = Number(map) - 1
  if (step === '0.project.0') return `neck.reassemble_stage.readout_projects.${at}.0.${end}`
  return `neck.reassemble_stage.layers.${at}.${step === '3' ? 'projection' : 'resize'}.${end}`
}

function neckName(name: string): string | null {
  const [, stage, end] = layerConv.exec(name) ?? []
  if (stage !== undefined) return `neck.convs.${Number(stage) - 1}.${end ?? ''}`
  const [, from, what, unit, conv, last = ''] = fusion.exec(name) ?? []
  if (from === undefined || (from === '4' && unit === '1')) return null
  const layer = `neck.fusion_stage.layers.${4 - Number(from)}`
  return what === 'out_conv'
    ? `${layer}.projection.${last}`
    : `${layer}.residual_layer${unit ?? ''}.convolution${conv ?? ''}.${last}`
}
