import { AppError } from '../errors.ts'
import { createGraph, type Graph, type Target, type Value } from '../graph/graph.ts'
import { openNetwork, type Adaptation } from '../graph/scope.ts'
import type { Weight, WeightSource } from '../graph/weight.ts'
import { elementCount } from '../graph/shape.ts'
import { controlHint, controlNet } from '../nn/controlnet.ts'
import { timestepEmbedding } from '../nn/timestep-embedding.ts'
import { controlKinds, type ControlKind } from '../protocol/request.ts'
import type { UnetPart } from '../weights/checkpoint.ts'
import { GUIDANCE_WEIGHT } from '../weights/model-info.ts'
import type { ControlNet as ControlNetFile } from '../weights/extensions/extension.ts'
import { conditionFeeds, conditionInputs, modelChannels } from './conditions.ts'
import type { ControlNet } from './model.ts'
import { createPart, output, type Runtime } from './part.ts'
import type { Feed } from './session.ts'
import { activationBytes, unetKind } from './unet.ts'
import { weightSource } from '../weights/tensor-table.ts'

/**
 * A ControlNet beside the UNet that it was made for. `name` is what messages call it.
 * Throws AppError 'model-unsupported' where the two do not fit.
 */
export function createControlNet(
  name: string,
  file: ControlNetFile,
  { unet, runtime }: { readonly unet: UnetPart; readonly runtime: Runtime }
): ControlNet {
  const { globalPool, lowRank } = file
  const weights = lowRank === null ? file.weights : onModel(file.weights, unet.weights)
  checkFit(name, weights, unet)
  if (lowRank !== null) checkLowRank(name, lowRank, weights)
  const part: ControlPart = { ...unet, weights, lowRank, kinds: file.kinds }
  const channels = modelChannels(part)
  const hints = createPart(
    (target) => hintGraph(part, target),
    { name: 'ControlNet’s hint', half: null },
    runtime
  )
  const network = createPart((target) => controlGraph(part, target), unetKind('ControlNet', part), runtime)
  const plain = runtime.device.target.attention === 'plain'
  const kinds = controlKinds.slice(0, file.kinds)
  return {
    globalPool,
    kinds,
    async hint(map) {
      const [, , h = 0, w = 0] = map.dims
      return output(await hints.run({ map }, HINT_BYTES * h * w), 'hint')
    },
    async residuals({ x, hint, kind, ...conditions }) {
      const [n = 0, , h = 0, w = 0] = x.dims
      const feeds = { x, hint, ...conditionFeeds(conditions, channels), ...unionFeeds(name, kinds, kind) }
      const outputs = await network.run(feeds, activationBytes({ n, h, w, channels, plain }))
      return Array.from({ length: outputs.size }, (_, i) => output(outputs, `residual.${i}`))
    }
  }
}

/** Two tensors of 16 channels at full size. */
const HINT_BYTES = 4 * 2 * 16

function hintGraph({ weights }: UnetPart, target: Target): Graph {
  const graph = createGraph(target)
  const { m, check } = openNetwork(graph, weights, 'ControlNet')
  const [, channels = 3] = m.shapeOf('input_hint_block.0.weight')
  graph.output('hint', controlHint(m, graph.input('map', 'f32', [1, channels, 'height', 'width'])))
  check()
  return graph
}

function controlGraph(part: ControlPart, target: Target): Graph {
  const { weights, heads, normGroups, lowRank, kinds } = part
  const graph = createGraph(target)
  const adaptations = (path: string): readonly Adaptation[] =>
    lowRank === null ? [] : lowRankAt(graph, lowRank, { path, weights })
  const { m, check } = openNetwork(graph, weights, 'ControlNet', { adaptations })
  const [channels = 0, inputs = 4] = m.shapeOf('input_blocks.0.0.weight')
  const x = graph.input('x', 'f32', ['n', inputs, 'h', 'w'])
  const hint = graph.input('hint', 'f32', [1, channels, 'h', 'w'])
  const options = { heads, normGroups }
  const union =
    kinds === 0
      ? null
      : {
          kind: graph.input('kind', 'i64', [1]),
          types: graph.input('types', 'f32', [1, TYPE_CHANNELS * kinds])
        }
  const residuals = controlNet(m, x, hint, { conditions: conditionInputs(graph, m), options, union })
  residuals.forEach((residual, i) => graph.output(`residual.${i}`, residual))
  check()
  return graph
}

interface ControlPart extends UnetPart, Pick<ControlNetFile, 'lowRank' | 'kinds'> {}

/** diffusers' addition_time_embed_dim */
const TYPE_CHANNELS = 256

/** Which kind the map is, as a number and as a list of 0 and 1 embedded like timesteps. */
function unionFeeds(
  name: string,
  kinds: readonly ControlKind[],
  kind: ControlKind | undefined
): Readonly<Record<string, Feed>> {
  if (kinds.length === 0) return {}
  const at = kind === undefined ? -1 : kinds.indexOf(kind)
  if (at < 0)
    throw new AppError('model-cannot', {
      message: `The ControlNet “${name}” is for several kinds of maps${kind === undefined ? '' : `, and not for “${kind}”`}.`,
      hint: `Say what the map shows: ${kinds.join(', ')}.`
    })
  const types = Float32Array.from(kinds, (_, i) => (i === at ? 1 : 0))
  return {
    kind: { data: BigInt64Array.of(BigInt(at)), dims: [1] },
    types: { data: timestepEmbedding(types, TYPE_CHANNELS), dims: [1, TYPE_CHANNELS * kinds.length] }
  }
}

const firstHalf = /^(time_embed|label_emb|input_blocks|middle_block)\./

/** A control-LoRA's own weights, and the model's where it has none. */
function onModel(own: WeightSource, model: WeightSource): WeightSource {
  const half = model.names.filter((name) => firstHalf.test(name) && name !== GUIDANCE_WEIGHT)
  const names = [...new Set([...half, ...own.names])]
  return { get: (name) => own.get(name) ?? model.get(name), names }
}

interface Layer {
  readonly path: string
  readonly weights: WeightSource
}

/** up · down beside the layer at a path. Its tensors may be flat where the layer's are not. */
function lowRankAt(
  graph: Graph,
  lowRank: NonNullable<ControlNetFile['lowRank']>,
  { path, weights }: Layer
): readonly Adaptation[] {
  const pair = lowRank.get(path)
  if (pair === undefined) return []
  const [out = 0, ...inputs] = weights.get(`${path}.weight`)?.shape ?? []
  const rank = pair.down.shape[0] ?? 0
  const ones = inputs.slice(1).map(() => 1)
  const both = new Map<string, Weight>([
    ['down.weight', { ...pair.down, shape: [rank, ...inputs] }],
    ['up.weight', { ...pair.up, shape: [out, rank, ...ones] }]
  ])
  const { m } = openNetwork(graph, weightSource(both), 'control-LoRA', { prefix: `lora/${path}/` })
  const scale: Value = graph.constant(Float32Array.of(1), [])
  return [{ scale, branch: { m, scale, rank: undefined }, change: neverMerged, bias: null }]
}

const neverMerged = (): never => {
  throw new Error('Bug: nothing else changes a control-LoRA')
}

function checkLowRank(
  name: string,
  lowRank: NonNullable<ControlNetFile['lowRank']>,
  weights: WeightSource
): void {
  for (const [path, { down, up }] of lowRank) {
    const own = sizeOf(weights, `${path}.weight`)
    const rank = down.shape[0] ?? 0
    const made = (elementCount(down.shape) / rank) * (elementCount(up.shape) / rank)
    if (made !== own || up.shape[1] !== rank)
      throw new AppError('model-unsupported', {
        message: `The control-LoRA “${name}” does not fit the model: it adds ${made} numbers to ${path}, which has ${own}.`,
        hint: 'It was made for a plain model of one family (mostly XL); choose a model of that.'
      })
  }
}

/** A ControlNet is the first half of its UNet: what both have must be of one size. */
function checkFit(name: string, weights: ControlNetFile['weights'], unet: UnetPart): void {
  const different = unet.weights.names.find((weight) => {
    if (!firstHalf.test(weight)) return false
    // Models for inpainting and depth have more input channels, and some embed their guidance; a ControlNet sees neither.
    if (weight === 'input_blocks.0.0.weight' || weight === GUIDANCE_WEIGHT) return false
    return sizeOf(weights, weight) !== sizeOf(unet.weights, weight)
  })
  if (different === undefined) return
  throw new AppError('model-unsupported', {
    message: `The ControlNet “${name}” does not fit the model: its ${different} has ${sizeOf(weights, different)} numbers, the model’s ${sizeOf(unet.weights, different)}.`,
    hint: 'Choose a ControlNet that was made for the family of your model.'
  })
}

/** Linear layers and 1×1 convolutions differ in their shapes alone. */
const sizeOf = (weights: ControlNetFile['weights'], name: string): number =>
  weights.get(name)?.shape.reduce((product, size) => product * size, 1) ?? 0
