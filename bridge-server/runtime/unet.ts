import { assert } from '../errors.ts'
import { createGraph, type Graph, type Target } from '../graph/graph.ts'
import { openNetwork } from '../graph/scope.ts'
import type { Hypernetwork as HypernetworkInGraph } from '../nn/hypernetwork.ts'
import { unetBlocks } from '../nn/unet-block-numbers.ts'
import { unet } from '../nn/unet.ts'
import { zeros, type Tensor } from '../tensor/tensor.ts'
import type { UnetPart } from '../weights/checkpoint.ts'
import type { Hypernetwork } from '../weights/extensions/extension.ts'
import { adaptationsOf, scaleFeeds, type LoraLayers } from './adaptations.ts'
import {
  conditionFeeds,
  conditionInputs,
  guidanceChannels,
  guidanceFeed,
  modelChannels
} from './conditions.ts'
import { tooLarge } from './memory.ts'
import { createMergedWeights } from './merged-weights.ts'
import type { UnetInput } from './model.ts'
import { leanestPlan, weightBytes } from './session-plan.ts'
import { createPart, output, type NetworkKind, type Runtime } from './part.ts'
import { hasLargeScores, unetPrecision } from './precision.ts'

/** What is put into a UNet's graph from other files. */
export interface UnetExtensions {
  readonly loras: readonly LoraLayers[]
  readonly hypernetworks: readonly Hypernetwork[]
  /** Whether it takes residuals of ControlNets. */
  readonly controlled: boolean
}

/** How strong each is, in the order of `UnetExtensions`; none of it needs another graph. */
export interface UnetScales {
  /** A number for each of `unetBlocks`. */
  readonly loras: readonly (readonly number[])[]
  readonly hypernetworks: readonly number[]
}

const nothing = { loras: [], hypernetworks: [] }

/** A checkpoint's UNet as a function. */
export function createUnet(
  part: UnetPart,
  runtime: Runtime,
  extensions: UnetExtensions = { ...nothing, controlled: false }
): (input: UnetInput, scales?: UnetScales) => Promise<Tensor> {
  const channels = modelChannels(part)
  const embedded = guidanceChannels(part)
  const merged = createMergedWeights(
    part,
    extensions.loras,
    runtime,
    () => leanestPlan(weightBytes(unetGraph(part, extensions, runtime.device.target)), undefined).bytes
  )
  const network = createPart(
    (target) => unetGraph(part, extensions, target, merged.names),
    unetKind('UNet', part),
    runtime
  )

  return async ({ x, timesteps, context, guidance, y, residuals }, scales = nothing) => {
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
    if (!network.isAllowed(need(h, w)))
      throw tooLarge(
        `The UNet (batch of ${n})`,
        { width: 8 * w, height: 8 * h },
        runtime.budget.total,
        (size) => network.weightBytes() + need(size.height / 8, size.width / 8)
      )
    const control = extensions.controlled ? (residuals ?? noResiduals(part)) : []
    const feeds = {
      x,
      ...conditionFeeds({ timesteps, context, y }, channels),
      ...guidanceFeed(guidance, embedded),
      ...scaleFeeds(scales.loras),
      ...Object.fromEntries(
        scales.hypernetworks.map((scale, i) => [
          `hypernetwork.${i}`,
          { data: Float32Array.of(scale), dims: [] }
        ])
      ),
      ...Object.fromEntries(control.map((residual, i) => [`residual.${i}`, residual]))
    }
    return merged.use(scales.loras, async (held) => output(await network.run(feeds, need(h, w), held), 'out'))
  }
}

/** A UNet, or a ControlNet of one. */
export const unetKind = (name: string, part: UnetPart): NetworkKind => ({
  name,
  half: unetPrecision(hasLargeScores(part))
})

/** The graph alone; nothing is read but the headers that `part` came from. `merged`: names of the weights that are held. */
export function unetGraph(
  part: UnetPart,
  extensions: UnetExtensions,
  target: Target,
  merged: ReadonlySet<string> = new Set()
): Graph {
  const { weights, heads, normGroups, inputChannels } = part
  const graph = createGraph(target)
  const { adaptations, check: checkAdapted } = adaptationsOf(graph, extensions.loras, {
    blocks: unetBlocks,
    merged
  })
  const { m, check } = openNetwork(graph, weights, 'UNet', { adaptations, held: merged })
  const x = graph.input('x', 'f32', ['n', inputChannels, 'h', 'w'])
  const additions = {
    hypernetworks: extensions.hypernetworks.map((hypernetwork, i) => inGraph(graph, hypernetwork, i)),
    residual: extensions.controlled
      ? (i: number, channels: number) =>
          graph.input(`residual.${i}`, 'f32', [`n.${i}`, channels, `h.${i}`, `w.${i}`])
      : undefined
  }
  graph.output('out', unet(m, x, conditionInputs(graph, m), { heads, normGroups }, additions))
  check()
  checkAdapted()
  return graph
}

/** A hypernetwork over its file, whose scale is fed as `hypernetwork.i`. */
function inGraph(graph: Graph, { widths, ...rest }: Hypernetwork, i: number): HypernetworkInGraph {
  const name = `hypernetwork.${i}`
  const scopes = new Map(
    [...widths].map(([width, both]) => [
      width,
      both.map(
        (weights, k) => openNetwork(graph, weights, 'hypernetwork', { prefix: `${name}/${width}.${k}/` }).m
      )
    ])
  )
  return {
    ...rest,
    scale: graph.input(name, 'f32', []),
    at(width) {
      const [keys, values] = scopes.get(width) ?? []
      return keys === undefined || values === undefined ? null : [keys, values]
    }
  }
}

/** Channels of what each input block makes, and of the middle. */
export function residualChannels({ weights }: Pick<UnetPart, 'weights'>): readonly number[] {
  const counts: number[] = []
  for (let i = 0; ; i++) {
    const block = `input_blocks.${i}.0`
    const ends = ['out_layers.3.weight', 'op.weight', 'weight']
    const last = ends.flatMap((end) => weights.get(`${block}.${end}`) ?? [])[0]
    if (last === undefined) break
    counts.push(last.shape[0] ?? 0)
  }
  return [...counts, counts.at(-1) ?? 0]
}

/** One zero of a channel stands for all its places. */
const noResiduals = (part: UnetPart): readonly Tensor[] =>
  residualChannels(part).map((channels) => zeros([1, channels, 1, 1]))

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

export const activationBytes = ({ n, h, w, channels, plain }: Call): number =>
  4 * n * (LIVE * channels * h * w + (plain ? 2 * PLAIN_HEADS * (h * w) ** 2 : 0))
