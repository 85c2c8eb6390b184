import { assert } from '../errors.ts'
import { createGraph, type Graph, type Target } from '../graph/graph.ts'
import { openNetwork } from '../graph/scope.ts'
import { timestepEmbedding } from '../nn/timestep-embedding.ts'
import { unet } from '../nn/unet.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { UnetPart } from '../weights/checkpoint.ts'
import { tooLarge } from './memory.ts'
import type { UnetInput } from './model.ts'
import { createPart, output, type Runtime } from './part.ts'

/** A checkpoint's UNet as a function. */
export function createUnet(part: UnetPart, runtime: Runtime): (input: UnetInput) => Promise<Tensor> {
  const channels = part.weights.get('time_embed.0.weight')?.shape[1] ?? 0
  const network = createPart((target) => unetGraph(part, target), runtime)

  return async ({ x, timesteps, context, y }) => {
    const [n = 0, inputs = 0, h = 0, w = 0] = x.dims
    assert(inputs === part.inputChannels, `the UNet takes ${part.inputChannels} channels, not ${inputs}`)
    assert(timesteps.length === n, `${timesteps.length} timesteps for a batch of ${n}`)
    const need = (height: number, width: number): number =>
      activationBytes({
        n,
        h: height,
        w: width,
        channels,
        plain: runtime.device.target.attention === 'plain'
      })
    if (!network.fits(need(h, w)))
      throw tooLarge(
        `The UNet (batch of ${n})`,
        { width: 8 * w, height: 8 * h },
        runtime.budget.total,
        (size) => network.weightBytes() + need(size.height / 8, size.width / 8)
      )
    const embedding = { data: timestepEmbedding(timesteps, channels), dims: [n, channels] }
    const feeds = { x, timesteps: embedding, context, ...(y === undefined ? {} : { y }) }
    return output(await network.run(feeds, need(h, w)), 'out')
  }
}

function unetGraph({ weights, heads, normGroups, inputChannels }: UnetPart, target: Target): Graph {
  const graph = createGraph(target)
  const { m, check } = openNetwork(graph, weights, 'UNet')
  const x = graph.input('x', 'f32', ['n', inputChannels, 'h', 'w'])
  const timesteps = graph.input('timesteps', 'f32', ['n', m.shapeOf('time_embed.0.weight')[1] ?? 'channels'])
  const context = graph.input('context', 'f32', ['n', 'tokens', 'width'])
  const y = m.has('label_emb')
    ? graph.input('y', 'f32', ['n', m.shapeOf('label_emb.0.0.weight')[1] ?? 'adm'])
    : null
  graph.output('out', unet(m, x, { timesteps, context, y }, { heads, normGroups }))
  check()
  return graph
}

interface Call {
  readonly n: number
  readonly h: number
  readonly w: number
  readonly channels: number
  readonly plain: boolean
}

/** Tensors as wide as the first level that are alive at the worst moment; measured on SD 1.5: 20 at 512² and 768², one or two. */
const LIVE = 30
/** Heads of the first level, whose token × token matrices plain attention holds, twice. */
const PLAIN_HEADS = 8

const activationBytes = ({ n, h, w, channels, plain }: Call): number =>
  4 * n * (LIVE * channels * h * w + (plain ? 2 * PLAIN_HEADS * (h * w) ** 2 : 0))
