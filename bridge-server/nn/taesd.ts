import type { Value } from '../graph/graph.ts'
import { add, div, mul, relu, tanh, upsampleNearest } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { conv2d } from './layers.ts'

/**
 * madebyollin's TAESD decoder, a torch.nn.Sequential whose numbers are its names. z: [n, 4, h, w] as a sampler has them →
 * [n, 3, 8h, 8w] in about 0…1
 */
export function taesdDecode(m: Scope, z: Value): Value {
  // 0 is the clamp and 2 the activation of the first convolution.
  let h = relu(m, conv2d(m.at(1), clamped(m, z), { padding: 1 }))
  let i = 3
  for (; m.has(String(i)) || m.has(String(i + 1)); i++) {
    const layer = m.at(i)
    if (layer.has('conv')) h = block(layer, h)
    // A number without weights is an upsampling.
    else if (!m.has(String(i))) h = upsampleNearest(m, h)
    else h = conv2d(layer, h, { padding: 1, bias: layer.has('bias') })
  }
  return h
}

const LIMIT = 3

const clamped = (m: Scope, x: Value): Value => mul(m, tanh(m, div(m, x, LIMIT)), LIMIT)

/** Three convolutions around which the input goes. */
function block(m: Scope, x: Value): Value {
  let h = x
  for (const i of [0, 2, 4]) {
    h = conv2d(m.at('conv', i), h, { padding: 1 })
    if (i < 4) h = relu(m, h)
  }
  return relu(m, add(m, h, x))
}
