import type { Value } from '../graph/graph.ts'
import { add, relu, reshape } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { DYNAMIC } from '../graph/shape.ts'
import { convolve, groupNorm } from './layers.ts'

/**
 * transformers.BitBackbone with bottleneck layers, "same" padding and weight standardisation, as in DPT-hybrid.
 * x: [n, 3, h, w] with known h and w → what every stage gives, from 1/4 of the size down by halves.
 */
export function bitBackbone(m: Scope, x: Value, groups: number): readonly Value[] {
  const stem = standardisedConv(m.at('embedder.convolution'), x, 2)
  let h = maxPool(m, relu(m, groupNorm(m.at('embedder.norm'), stem, { groups })))
  return m.each('encoder.stages').map((stage, index) => {
    for (const [i, layer] of stage.each('layers').entries())
      h = bottleneck(layer, h, { groups, stride: i === 0 && index > 0 ? 2 : 1 })
    return h
  })
}

/** transformers' BitBottleneckLayer */
function bottleneck(m: Scope, x: Value, { groups, stride }: { groups: number; stride: number }): Value {
  const norm = (name: string, h: Value): Value => groupNorm(m.at(name), h, { groups })
  let h = relu(m, norm('norm1', standardisedConv(m.at('conv1'), x, 1)))
  h = relu(m, norm('norm2', standardisedConv(m.at('conv2'), h, stride)))
  h = norm('norm3', standardisedConv(m.at('conv3'), h, 1))
  const shortcut = m.has('downsample')
    ? norm('downsample.norm', standardisedConv(m.at('downsample.conv'), x, stride))
    : x
  return relu(m, add(m, h, shortcut))
}

/** transformers' WeightStandardizedConv2d: every filter has mean 0 and variance 1 (arXiv:1903.10520). */
function standardisedConv(m: Scope, x: Value, stride: number): Value {
  const stored = m.weight('weight')
  const [out = 0, , kernel = 1] = stored.shape
  const ones = m.graph.constant(new Float32Array(out).fill(1), [out])
  const zeros = m.graph.constant(new Float32Array(out), [out])
  const rows = m.weight('weight', { shape: [1, out, -1] })
  const normed = m.graph.node('InstanceNormalization', [rows, ones, zeros], rows.shape, {
    epsilon: { float: 1e-8 }
  })
  const weight = reshape(m, normed, stored.shape)
  return convolve(m, x, weight, { stride, padding: samePadding(x, kernel, stride), bias: null })
}

/** 3×3, stride 2. Zeros at the border change nothing after a ReLU. */
function maxPool(m: Scope, x: Value): Value {
  const [n = DYNAMIC, c = DYNAMIC, h = DYNAMIC, w = DYNAMIC] = x.shape
  return m.graph.node('MaxPool', [x], [n, c, Math.ceil(h / 2), Math.ceil(w / 2)], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: samePadding(x, 3, 2)
  })
}

/** TensorFlow's "same": what is odd goes to the bottom and the right. */
function samePadding(
  { shape }: Value,
  kernel: number,
  stride: number
): readonly [number, number, number, number] {
  const total = (size: number): number => Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0)
  const [vertical, horizontal] = [total(shape[2] ?? 0), total(shape[3] ?? 0)]
  const [top, left] = [Math.floor(vertical / 2), Math.floor(horizontal / 2)]
  return [top, left, vertical - top, horizontal - left]
}
