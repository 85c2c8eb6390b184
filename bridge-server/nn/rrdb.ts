import type { Value } from '../graph/graph.ts'
import { add, concat, leakyRelu, mul, upsampleNearest } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { conv2d, convolve } from './layers.ts'

/** basicsr.archs.rrdbnet_arch.RRDBNet (ESRGAN, Real-ESRGAN, BSRGAN). x: [n, 3, h, w] in 0…1 → [n, 3, h·scale, w·scale] */
export function rrdbNet(m: Scope, x: Value): Value {
  const first = conv2d(m.at('conv_first'), pixelUnshuffle(m, x), { padding: 1 })
  let h = first
  for (const block of m.each('body')) h = residualInResidual(block, h)
  h = add(m, first, conv2d(m.at('conv_body'), h, { padding: 1 }))
  for (const up of upsamplers(m)) h = leaky(m, conv2d(up, upsampleNearest(m, h), { padding: 1 }))
  h = leaky(m, conv2d(m.at('conv_hr'), h, { padding: 1 }))
  return conv2d(m.at('conv_last'), h, { padding: 1 })
}

/** Each doubles the sides: conv_up1, conv_up2, … */
function upsamplers(m: Scope): readonly Scope[] {
  const found: Scope[] = []
  while (m.has(`conv_up${found.length + 1}`)) found.push(m.at(`conv_up${found.length + 1}`))
  return found
}

/** The paper's β, by which residuals are scaled. */
const RESIDUAL = 0.2

/** RRDB: three dense blocks. */
function residualInResidual(m: Scope, x: Value): Value {
  let h = x
  for (const name of ['rdb1', 'rdb2', 'rdb3']) h = denseBlock(m.at(name), h)
  return add(m, mul(m, h, RESIDUAL), x)
}

/** ResidualDenseBlock: each convolution sees the outputs of all before it. */
function denseBlock(m: Scope, x: Value): Value {
  const seen = [x]
  for (const name of ['conv1', 'conv2', 'conv3', 'conv4'])
    seen.push(leaky(m, conv2d(m.at(name), concat(m, seen, 1), { padding: 1 })))
  return add(m, mul(m, conv2d(m.at('conv5'), concat(m, seen, 1), { padding: 1 }), RESIDUAL), x)
}

const leaky = (m: Scope, x: Value): Value => leakyRelu(m, x, 0.2)

/** torch's pixel_unshuffle by the factor that conv_first was made for, as a convolution that picks each pixel of a square. */
function pixelUnshuffle(m: Scope, x: Value): Value {
  const [, inputs = 0] = m.shapeOf('conv_first.weight')
  const channels = x.shape[1] ?? 0
  const r = Math.sqrt(inputs / channels)
  if (r === 1) return x
  const square = r ** 2
  const kernel = new Float32Array(channels * square * channels * square)
  for (let out = 0; out < channels * square; out++)
    kernel[(out * channels + Math.floor(out / square)) * square + (out % square)] = 1
  const weight = m.graph.constant(kernel, [channels * square, channels, r, r])
  return convolve(m, x, weight, { stride: r, bias: null })
}
