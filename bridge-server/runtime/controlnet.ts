import { AppError } from '../errors.ts'
import { createGraph, type Graph, type Target } from '../graph/graph.ts'
import { openNetwork } from '../graph/scope.ts'
import { controlHint, controlNet } from '../nn/controlnet.ts'
import type { UnetPart } from '../weights/checkpoint.ts'
import { GUIDANCE_WEIGHT } from '../weights/model-info.ts'
import type { ControlNet as ControlNetFile } from '../weights/extensions/extension.ts'
import { conditionFeeds, conditionInputs, modelChannels } from './conditions.ts'
import type { ControlNet } from './model.ts'
import { createPart, output, type Runtime } from './part.ts'
import { activationBytes } from './unet.ts'

/**
 * A ControlNet beside the UNet that it was made for. `name` is what messages call it.
 * Throws AppError 'model-unsupported' where the two do not fit.
 */
export function createControlNet(
  name: string,
  { weights, globalPool }: ControlNetFile,
  { unet, runtime }: { readonly unet: UnetPart; readonly runtime: Runtime }
): ControlNet {
  checkFit(name, weights, unet)
  const part: UnetPart = { ...unet, weights }
  const channels = modelChannels(part)
  const hints = createPart((target) => hintGraph(part, target), runtime)
  const network = createPart((target) => controlGraph(part, target), runtime)
  const plain = runtime.device.target.attention === 'plain'
  return {
    globalPool,
    async hint(map) {
      const [, , h = 0, w = 0] = map.dims
      return output(await hints.run({ map }, HINT_BYTES * h * w), 'hint')
    },
    async residuals({ x, hint, ...conditions }) {
      const [n = 0, , h = 0, w = 0] = x.dims
      const feeds = { x, hint, ...conditionFeeds(conditions, channels) }
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

function controlGraph({ weights, heads, normGroups }: UnetPart, target: Target): Graph {
  const graph = createGraph(target)
  const { m, check } = openNetwork(graph, weights, 'ControlNet')
  const [channels = 0, inputs = 4] = m.shapeOf('input_blocks.0.0.weight')
  const x = graph.input('x', 'f32', ['n', inputs, 'h', 'w'])
  const hint = graph.input('hint', 'f32', [1, channels, 'h', 'w'])
  const options = { heads, normGroups }
  const residuals = controlNet(m, x, hint, { conditions: conditionInputs(graph, m), options })
  residuals.forEach((residual, i) => graph.output(`residual.${i}`, residual))
  check()
  return graph
}

/** A ControlNet is the first half of its UNet: what both have must be of one size. */
function checkFit(name: string, weights: ControlNetFile['weights'], unet: UnetPart): void {
  const different = unet.weights.names.find((weight) => {
    if (!/^(time_embed|label_emb|input_blocks|middle_block)\./.test(weight)) return false
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
