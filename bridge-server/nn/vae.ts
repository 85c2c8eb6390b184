import type { Value } from '../graph/graph.ts'
import { add, div, mul, reshapeLike, silu, transpose, upsampleNearest } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { attention, toTokens } from './attention.ts'
import { conv2d, groupNorm, linear } from './layers.ts'

export interface VaeOptions {
  readonly normGroups: number
  /** Latents that a UNet sees are the VAE's own times this. */
  readonly latentScale: number
}

/** ldm.models.autoencoder.AutoencoderKL.encode, the mean only. x: [n, 3, H, W] in −1…1 → [n, 4, H/8, W/8] */
export function vaeEncode(m: Scope, x: Value, { normGroups, latentScale }: VaeOptions): Value {
  m.leave('decoder')
  m.leave('post_quant_conv')
  const moments = encoder(m.at('encoder'), x, normGroups)
  const [both = 0] = m.shapeOf('quant_conv.weight')
  const mean = conv2d(m.at('quant_conv'), moments, { rows: [0, both / 2] })
  return mul(m, mean, latentScale)
}

/** ldm.models.autoencoder.AutoencoderKL.decode. z: [n, 4, h, w] → [n, 3, 8h, 8w], about −1…1, not clamped */
export function vaeDecode(m: Scope, z: Value, { normGroups, latentScale }: VaeOptions): Value {
  m.leave('encoder')
  m.leave('quant_conv')
  return decoder(m.at('decoder'), conv2d(m.at('post_quant_conv'), div(m, z, latentScale)), normGroups)
}

/** ldm.modules.diffusionmodules.model.Encoder */
function encoder(m: Scope, x: Value, groups: number): Value {
  let h = conv2d(m.at('conv_in'), x, { padding: 1 })
  for (const level of m.each('down')) {
    h = resnetBlocks(level, h, groups)
    // Downsample: padded at the right and the bottom only.
    if (level.has('downsample'))
      h = conv2d(level.at('downsample', 'conv'), h, { stride: 2, padding: [0, 0, 1, 1] })
  }
  h = middle(m.at('mid'), h, groups)
  h = silu(m, groupNorm(m.at('norm_out'), h, { groups, epsilon: EPSILON }))
  return conv2d(m.at('conv_out'), h, { padding: 1 })
}

/** ldm.modules.diffusionmodules.model.Decoder, whose levels are counted from the last one up. */
function decoder(m: Scope, z: Value, groups: number): Value {
  let h = conv2d(m.at('conv_in'), z, { padding: 1 })
  h = middle(m.at('mid'), h, groups)
  for (const level of m.each('up').toReversed()) {
    h = resnetBlocks(level, h, groups)
    if (level.has('upsample')) h = conv2d(level.at('upsample', 'conv'), upsampleNearest(m, h), { padding: 1 })
  }
  h = silu(m, groupNorm(m.at('norm_out'), h, { groups, epsilon: EPSILON }))
  return conv2d(m.at('conv_out'), h, { padding: 1 })
}

const EPSILON = 1e-6

function resnetBlocks(m: Scope, x: Value, groups: number): Value {
  let h = x
  for (const [i, block] of m.each('block').entries()) {
    h = resnetBlock(block, h, groups)
    if (m.has(`attn.${i}`)) h = attnBlock(m.at('attn', i), h, groups)
  }
  return h
}

const middle = (m: Scope, x: Value, groups: number): Value => {
  const h = attnBlock(m.at('attn_1'), resnetBlock(m.at('block_1'), x, groups), groups)
  return resnetBlock(m.at('block_2'), h, groups)
}

/** ldm.modules.diffusionmodules.model.ResnetBlock */
function resnetBlock(m: Scope, x: Value, groups: number): Value {
  let h = silu(m, groupNorm(m.at('norm1'), x, { groups, epsilon: EPSILON }))
  h = conv2d(m.at('conv1'), h, { padding: 1 })
  h = silu(m, groupNorm(m.at('norm2'), h, { groups, epsilon: EPSILON }))
  h = conv2d(m.at('conv2'), h, { padding: 1 })
  return add(m, m.has('nin_shortcut') ? conv2d(m.at('nin_shortcut'), x) : x, h)
}

/** ldm.modules.diffusionmodules.model.AttnBlock: one head as wide as the picture has channels */
function attnBlock(m: Scope, x: Value, groups: number): Value {
  const tokens = toTokens(m, groupNorm(m.at('norm'), x, { groups, epsilon: EPSILON })) // [n, h·w, c]
  const [q, k, v] = [linear(m.at('q'), tokens), linear(m.at('k'), tokens), linear(m.at('v'), tokens)]
  const h = linear(m.at('proj_out'), attention(m, q, k, v, { heads: 1 }))
  return add(m, x, reshapeLike(m, transpose(m, h, [0, 2, 1]), x))
}
