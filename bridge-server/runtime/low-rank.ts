import type { Graph } from '../graph/graph.ts'
import { mul } from '../graph/ops.ts'
import { openNetwork, type LowRank } from '../graph/scope.ts'
import type { Weight } from '../graph/weight.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { LoraLayer } from '../weights/extensions/extension.ts'
import { weightSource } from '../weights/tensor-table.ts'

/** What one LoRA changes of one network, by the paths of its layers. */
export type LoraLayers = ReadonlyMap<string, LoraLayer>

/** Branches beside the layers that LoRAs change, whose weights stay in the LoRAs' files. Number i is fed as `lora.i`. */
export function lowRankOf(graph: Graph, loras: readonly LoraLayers[]): (path: string) => readonly LowRank[] {
  const scaled = loras.map((layers, i) => ({ layers, scale: graph.input(`lora.${i}`, 'f32', []) }))
  return (path) =>
    scaled.flatMap(({ layers, scale }, i): LowRank[] => {
      const layer = layers.get(path)
      if (layer === undefined) return []
      const { m } = openNetwork(graph, sourceOf(layer), 'LoRA', { prefix: `lora.${i}/${path}/` })
      return [{ m, scale: layer.factor === 1 ? scale : mul(m, scale, layer.factor) }]
    })
}

const sourceOf = ({ down, up, mid }: LoraLayer) =>
  weightSource(
    new Map<string, Weight>([
      ['down.weight', down],
      ['up.weight', up],
      ...(mid === null ? [] : [['mid.weight', mid] as const])
    ])
  )

/** Scalars `name.0`, `name.1`, … */
export const scaleFeeds = (name: string, scales: readonly number[]): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(scales.map((scale, i) => [`${name}.${i}`, { data: Float32Array.of(scale), dims: [] }]))
