import { AppError } from '../errors.ts'
import { createGraph, type Graph, type Target } from '../graph/graph.ts'
import { openNetwork, type Adaptation } from '../graph/scope.ts'
import type { WeightSource } from '../graph/weight.ts'
import { elementCount } from '../graph/shape.ts'
import { controlHint, controlNet } from '../nn/controlnet.ts'
import { timestepEmbedding } from '../nn/timestep-embedding.ts'
import type { ControlKind } from '../protocol/request.ts'
import { controlKinds } from '../protocol/control-kinds.ts'
import type { UnetPart } from '../weights/checkpoint.ts'
import { GUIDANCE_WEIGHT } from '../weights/model-info.ts'
import type { ControlNet as ControlNetFile } from '../weights/extensions/extension.ts'
import { conditionFeeds, conditionInputs, modelChannels } from './conditions.ts'
import { checkLowRank, firstHalf, lowRankAt, onModel } from './control-lora.ts'
import type { ControlNet } from './model.ts'
import { createPart, output, type Runtime } from './part.ts'
import type { Feed } from './session.ts'
import { activationBytes, residualChannels, unetKind } from './unet.ts'

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

/**
 * A ControlNet is the first half of its UNet, or less: it may have fewer transformers (diffusers' “small” and “mid” of XL). What both
 * have must be of one size, and there must be a residual for each of the UNet's blocks.
 */
function checkFit(name: string, weights: WeightSource, unet: UnetPart): void {
  const different = unet.weights.names.find((weight) => {
    if (!firstHalf.test(weight)) return false
    // Models for inpainting and depth have more input channels, and some embed their guidance; a ControlNet sees neither.
    if (weight === 'input_blocks.0.0.weight' || weight === GUIDANCE_WEIGHT) return false
    if (weights.get(weight) === undefined && !isNeeded.test(weight)) return false
    return sizeOf(weights, weight) !== sizeOf(unet.weights, weight)
  })
  if (different !== undefined)
    throw misfit(
      name,
      `its ${different} has ${sizeOf(weights, different)} numbers, the model’s ${sizeOf(unet.weights, different)}`
    )
  const [own, wanted] = [channelsOf(weights), residualChannels(unet)]
  if (own.join() !== wanted.join())
    throw misfit(
      name,
      `it adds to ${own.length} blocks of ${own.join(', ')} channels, and the model has ${wanted.length} of ${wanted.join(', ')}`
    )
}

const isNeeded = /^(time_embed|label_emb)\./

/** Of the residuals that it makes: one for each block, and one for the middle. */
function channelsOf(weights: WeightSource): readonly number[] {
  const channels: number[] = []
  const outputs = (name: string): number | undefined => weights.get(name)?.shape[0]
  for (let i = 0, next = outputs('zero_convs.0.0.weight'); next !== undefined;) {
    channels.push(next)
    next = outputs(`zero_convs.${++i}.0.weight`)
  }
  return [...channels, outputs('middle_block_out.0.weight') ?? 0]
}

const misfit = (name: string, problem: string): AppError =>
  new AppError('model-unsupported', {
    message: `The ControlNet “${name}” does not fit the model: ${problem}.`,
    hint: 'Choose a ControlNet that was made for the family of your model.'
  })

/** Linear layers and 1×1 convolutions differ in their shapes alone. */
const sizeOf = (weights: WeightSource, name: string): number => elementCount(weights.get(name)?.shape ?? [0])
