import type { Value } from '../graph/graph.ts'
import { add, concat, padBottomRight, relu, relu6, slice, upsampleBilinear } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { batchNorm, conv2d, convolve } from './layers.ts'

/** Layers of MobileNetV2 whose outputs are used; those that halve the sides. */
const used = [1, 3, 6, 10, 13]
const halving = [2, 4, 7]

/**
 * Gu et al. 2021, “Towards light-weight and real-time line segment detection”: mlsd_pytorch's MobileV2_MLSD_Large.
 * x: [n, 4, h, w] in −1…1, the fourth channel all alike → [n, 9, h/2, w/2]: the logit of a line's middle, then x and y from it
 * to the line's start and to its end in pixels of the map, then what only training needed
 */
export function mlsd(m: Scope, x: Value): Value {
  const [smallest, ...larger] = mobileNet(m.at('backbone'), x).toReversed()
  let h = smallest ?? x
  for (const [i, map] of larger.entries())
    h = blockB(m.at(`block${16 + 2 * i}`), blockA(m.at(`block${15 + 2 * i}`), map, h, { upscale: i > 0 }))
  return slice(m, blockC(m.at('block23'), h), 1, 7)
}

/** torchvision's MobileNetV2 with five maps of its way, from half of the size on. */
function mobileNet(m: Scope, x: Value): readonly Value[] {
  const [stem, ...blocks] = m.each('features')
  let h = stem === undefined ? x : convBnRelu6(stem, x, { stride: 2 })
  return blocks.flatMap((block, i) => {
    h = invertedResidual(block.at('conv'), h, halving.includes(i + 1) ? 2 : 1)
    return used.includes(i + 1) ? [h] : []
  })
}

/** Sandler et al. 2018: wider by a 1×1 convolution (but in the first), each channel by itself, narrow again. */
function invertedResidual(m: Scope, x: Value, stride: number): Value {
  const layers = m.each()
  let h = x
  for (const layer of layers.slice(0, -2)) {
    const isDepthwise = layer.shapeOf('0.weight')[1] === 1
    h = convBnRelu6(layer, h, isDepthwise ? { stride, depthwise: true } : { stride: 1 })
  }
  const [narrow, norm] = layers.slice(-2)
  if (narrow === undefined || norm === undefined) return h
  h = batchNorm(norm, conv2d(narrow, h, { bias: false }))
  return stride === 1 && h.shape[1] === x.shape[1] ? add(m, x, h) : h
}

/** As TensorFlow pads what is halved: at the bottom and the right. */
function convBnRelu6(
  m: Scope,
  x: Value,
  { stride, depthwise = false }: { stride: number; depthwise?: boolean }
): Value {
  const weight = m.weight('0.weight')
  const [out = 1, , kernel = 1] = weight.shape
  const padded = stride === 2 ? padBottomRight(m, x) : x
  const padding = stride === 2 ? 0 : (kernel - 1) / 2
  const h = convolve(m, padded, weight, { stride, padding, groups: depthwise ? out : 1, bias: null })
  return relu6(m, batchNorm(m.at(1), h))
}

/** Conv, norm and ReLU in a Sequential. */
const convBnRelu = (m: Scope, x: Value, window: { padding?: number; dilation?: number } = {}): Value =>
  relu(m, batchNorm(m.at(1), conv2d(m.at(0), x, window)))

/** Both maps narrowed, the smaller one doubled, side by side. */
function blockA(m: Scope, a: Value, b: Value, { upscale }: { upscale: boolean }): Value {
  const narrow = convBnRelu(m.at('conv1'), b)
  return concat(
    m,
    [convBnRelu(m.at('conv2'), a), upscale ? upsampleBilinear(m, narrow, 'align_corners') : narrow],
    1
  )
}

const blockB = (m: Scope, x: Value): Value =>
  convBnRelu(m.at('conv2'), add(m, convBnRelu(m.at('conv1'), x, { padding: 1 }), x), { padding: 1 })

function blockC(m: Scope, x: Value): Value {
  const h = convBnRelu(m.at('conv1'), x, { padding: 5, dilation: 5 })
  return conv2d(m.at('conv3'), convBnRelu(m.at('conv2'), h, { padding: 1 }))
}
