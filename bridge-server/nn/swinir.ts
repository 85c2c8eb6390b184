import type { Value } from '../graph/graph.ts'
import { add, div, leakyRelu, mul, pixelShuffle, sub, transpose, upsampleNearest } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { conv2d, layerNorm } from './layers.ts'
import { shiftMask, swinBlock, windowSize, type ShiftMask } from './swin.ts'

/** Means of DIV2K's colours, which all published files were trained with. */
const MEAN = Float32Array.of(0.4488, 0.4371, 0.404)
/** Only the published networks against JPEG's artefacts have windows of 7, and they alone were trained on colours in 0…255. */
const JPEG_WINDOW = 7

/**
 * network_swinir.SwinIR (Liang et al. 2021, arXiv:2108.10257) with any of its tails. x: [n, 3, h, w] in 0…1, sides multiples of the
 * window → [n, 3, h·scale, w·scale]
 */
export function swinIr(m: Scope, x: Value): Value {
  const mean = m.graph.constant(MEAN, [1, 3, 1, 1])
  const range = windowSize(m.at('layers.0.residual_group.blocks.0')) === JPEG_WINDOW ? 255 : 1
  const colours = mul(m, sub(m, x, mean), range)
  const first = conv2d(m.at('conv_first'), colours, { padding: 1 })
  const deep = add(m, convolutions(m.at('conv_after_body'), features(m, first)), first)
  const made = m.has('upsample') || m.has('conv_up1') ? enlarged(m, deep) : add(m, colours, last(m, deep))
  return add(m, div(m, made, range), mean)
}

/** SwinIR.forward_features. x: [n, c, h, w] → as it is */
function features(m: Scope, x: Value): Value {
  let h = layerNorm(m.at('patch_embed.norm'), toTokens(m, x))
  const mask = shiftMask(m, h, windowSize(m.at('layers.0.residual_group.blocks.0')))
  for (const layer of m.each('layers')) h = residualSwinBlock(layer, h, mask)
  return toPicture(m, layerNorm(m.at('norm'), h))
}

/** RSTB. x: [n, h, w, c] */
function residualSwinBlock(m: Scope, x: Value, mask: ShiftMask): Value {
  let h = x
  for (const [i, block] of m.each('residual_group.blocks').entries()) {
    block.leave('attn_mask')
    h = swinBlock(block, h, mask, i % 2 === 1)
  }
  return add(m, toTokens(m, convolutions(m.at('conv'), toPicture(m, h))), x)
}

/** resi_connection: one convolution, or three with a narrow one in the middle. */
function convolutions(m: Scope, x: Value): Value {
  if (m.has('weight')) return conv2d(m, x, { padding: 1 })
  const narrow = leaky(m, conv2d(m.at(2), leaky(m, conv2d(m.at(0), x, { padding: 1 }))))
  return conv2d(m.at(4), narrow, { padding: 1 })
}

/** The tails, by SwinIR's words for them: `pixelshuffledirect` (light), `nearest+conv` (real-world) and `pixelshuffle` (classical). */
function enlarged(m: Scope, x: Value): Value {
  if (!m.has('conv_before_upsample')) return shuffled(m, x)
  const h = leakyRelu(m, conv2d(m.at('conv_before_upsample.0'), x, { padding: 1 }), 0.01)
  if (!m.has('conv_up1')) return last(m, shuffled(m, h))
  const up = (y: Value, name: string): Value =>
    leaky(m, conv2d(m.at(name), upsampleNearest(m, y), { padding: 1 }))
  const larger = ['conv_up1', 'conv_up2'].filter((name) => m.has(name)).reduce(up, h)
  return last(m, leaky(m, conv2d(m.at('conv_hr'), larger, { padding: 1 })))
}

/** Upsample and UpsampleOneStep: convolutions with a pixel shuffle behind each, which has no number of its own in the small one. */
function shuffled(m: Scope, x: Value): Value {
  const colours = m.has('conv_before_upsample') ? null : 3
  const places = [0, 2, 4, 6].filter((i) => m.has(`upsample.${i}`))
  return places.reduce((h, place) => {
    const wide = conv2d(m.at('upsample', place), h, { padding: 1 })
    const [, channels = 0] = wide.shape
    return pixelShuffle(m, wide, Math.sqrt(channels / (colours ?? h.shape[1] ?? 1)))
  }, x)
}

const last = (m: Scope, x: Value): Value => conv2d(m.at('conv_last'), x, { padding: 1 })
const leaky = (m: Scope, x: Value): Value => leakyRelu(m, x, 0.2)
/** [n, c, h, w] → [n, h, w, c] */
const toTokens = (m: Scope, x: Value): Value => transpose(m, x, [0, 2, 3, 1])
/** [n, h, w, c] → [n, c, h, w] */
const toPicture = (m: Scope, x: Value): Value => transpose(m, x, [0, 3, 1, 2])
