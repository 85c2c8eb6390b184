import type { Value } from '../graph/graph.ts'
import { add, pixelShuffle, upsampleNearest } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { conv2d, prelu } from './layers.ts'

/** realesrgan.archs.srvgg_arch.SRVGGNetCompact with PReLUs. x: [n, 3, h, w] in 0…1 → [n, 3, h·scale, w·scale] */
export function srvggNet(m: Scope, x: Value): Value {
  let h = x
  const layers = m.each('body')
  for (const [i, layer] of layers.entries())
    h = i % 2 === 0 ? conv2d(layer, h, { padding: 1 }) : prelu(layer, h)
  const [, channels = 0] = h.shape
  const scale = Math.sqrt(channels / 3)
  const residual = scale === 1 ? h : pixelShuffle(m, h, scale)
  return add(m, residual, scale === 1 ? x : upsampleNearest(m, x, residual))
}
