import { AppError } from '../errors.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { openNetwork, type Adaptation } from '../graph/scope.ts'
import { elementCount } from '../graph/shape.ts'
import type { Weight, WeightSource } from '../graph/weight.ts'
import type { ControlNet } from '../weights/extensions/extension.ts'
import { GUIDANCE_WEIGHT } from '../weights/model-info.ts'
import { weightSource } from '../weights/tensor-table.ts'

/** Stability's control-LoRA: a ControlNet whose weights are the model's with low-rank changes. */
type LowRank = NonNullable<ControlNet['lowRank']>

/** Of a UNet's weights, those that a ControlNet may have too. */
export const firstHalf = /^(time_embed|label_emb|input_blocks|middle_block)\./

/** A control-LoRA's own weights, and the model's where it has none. */
export function onModel(own: WeightSource, model: WeightSource): WeightSource {
  const half = model.names.filter((name) => firstHalf.test(name) && name !== GUIDANCE_WEIGHT)
  const names = [...new Set([...half, ...own.names])]
  return { get: (name) => own.get(name) ?? model.get(name), names }
}

interface Layer {
  readonly path: string
  readonly weights: WeightSource
}

/** up · down beside the layer at a path. Its tensors may be flat where the layer's are not. */
export function lowRankAt(graph: Graph, lowRank: LowRank, { path, weights }: Layer): readonly Adaptation[] {
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

/** Throws AppError 'model-unsupported' where a pair does not fit the weight that it changes. */
export function checkLowRank(name: string, lowRank: LowRank, weights: WeightSource): void {
  for (const [path, { down, up }] of lowRank) {
    const own = elementCount(weights.get(`${path}.weight`)?.shape ?? [0])
    const rank = down.shape[0] ?? 0
    const made = (elementCount(down.shape) / rank) * (elementCount(up.shape) / rank)
    if (made !== own || up.shape[1] !== rank)
      throw new AppError('model-unsupported', {
        message: `The control-LoRA “${name}” does not fit the model: it adds ${made} numbers to ${path}, which has ${own}.`,
        hint: 'It was made for a plain model of one family (mostly XL); choose a model of that.'
      })
  }
}
