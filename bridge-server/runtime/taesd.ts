import { createGraph, type Graph, type Target } from '../graph/graph.ts'
import { openNetwork } from '../graph/scope.ts'
import { taesdDecode } from '../nn/taesd.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Taesd } from '../weights/extensions/extension.ts'
import { createPart, output, type Runtime } from './part.ts'

/** A tiny decoder as a function: [n, 4, h, w] as a sampler has them → [n, 3, 8h, 8w] in about 0…1. */
export function createTaesd({ decoder }: Taesd, runtime: Runtime): (latents: Tensor) => Promise<Tensor> {
  const network = createPart(
    (target) => decoderGraph({ decoder }, target),
    { name: 'tiny decoder', half: null },
    runtime
  )
  const [width = 0] = decoder.get('1.weight')?.shape ?? []
  return async (latents) => {
    const [n = 0, , h = 0, w = 0] = latents.dims
    return output(await network.run({ z: latents }, 4 * n * LIVE * width * 64 * h * w), 'out')
  }
}

/** Tensors of full size and width. */
const LIVE = 3

function decoderGraph({ decoder }: Taesd, target: Target): Graph {
  const graph = createGraph(target)
  const { m, check } = openNetwork(graph, decoder, 'tiny decoder')
  const [, channels = 0] = m.shapeOf('1.weight')
  graph.output('out', taesdDecode(m, graph.input('z', 'f32', ['n', channels, 'h', 'w'])))
  check()
  return graph
}
