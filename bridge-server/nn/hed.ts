import type { Value } from '../graph/graph.ts'
import { add, maxPool2, mul, relu, sigmoid, sub, upsampleBilinear } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { conv2d } from './layers.ts'

const blocks = ['block1', 'block2', 'block3', 'block4', 'block5'] as const

/**
 * Xie and Tu 2015, “Holistically-nested edge detection”, as ControlNet's ControlNetHED_Apache2.
 * x: [n, 3, h, w] in 0…255 → how much of an edge there is, [n, 1, h, w] in 0…1
 */
export function hed(m: Scope, x: Value): Value {
  let h = sub(m, x, m.weight('norm'))
  let sum: Value | null = null
  for (const [i, name] of blocks.entries()) {
    const block = m.at(name)
    if (i > 0) h = maxPool2(m, h)
    for (const conv of block.each('convs')) h = relu(m, conv2d(conv, h, { padding: 1 }))
    const edges = upsampleBilinear(m, conv2d(block.at('projection'), h), 'half_pixel', x)
    sum = sum === null ? edges : add(m, sum, edges)
  }
  return sigmoid(m, mul(m, sum ?? x, 1 / blocks.length))
}
