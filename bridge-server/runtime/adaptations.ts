import { assert } from '../errors.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { mul } from '../graph/ops.ts'
import { openNetwork, type Adaptation } from '../graph/scope.ts'
import { elementCount } from '../graph/shape.ts'
import { weightChange } from '../nn/adaptation.ts'
import type { WeightSource } from '../graph/weight.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { LoraLayer } from '../weights/extensions/extension.ts'
import { weightSource } from '../weights/tensor-table.ts'

/** What one LoRA changes of one network, by the paths of its layers. */
export type LoraLayers = ReadonlyMap<string, LoraLayer>

interface Adapted {
  /** What changes the layer at a path. */
  readonly adaptations: (path: string) => readonly Adaptation[]
  /** Once the graph is built: whether every layer that a LoRA changes was there to be changed. */
  readonly check: () => void
}

export interface AdaptationOptions {
  /** Which number of each LoRA's scales a layer takes; left out, there is one for all. */
  readonly blocks?: { readonly count: number; readonly of: (path: string) => number }
  /** Names of weights that are held with their changes in them. */
  readonly merged?: ReadonlySet<string>
}

/** One weight for all layers. */
const whole = { count: 1, of: () => 0 }
const nothing: ReadonlySet<string> = new Set()

/**
 * The changes that LoRAs make to a network's layers; their tensors stay in the LoRAs' files. What scales number i is fed as
 * `lora.i`: a number for each of `blocks`.
 */
export function adaptationsOf(
  graph: Graph,
  loras: readonly LoraLayers[],
  { blocks = whole, merged = nothing }: AdaptationOptions = {}
): Adapted {
  const scaled = loras.map((layers, i) => ({
    layers,
    scales: graph.input(`lora.${i}`, 'f32', [blocks.count])
  }))
  const asked = new Set<string>()
  return {
    adaptations: (path) =>
      scaled.flatMap(({ layers, scales }, i) => {
        const layer = layers.get(path)
        if (layer === undefined) return []
        asked.add(path)
        const prefix = `lora.${i}/${path}/`
        const own = adaptation(graph, layer, { prefix, scale: pick(graph, scales, blocks.of(path)) })
        return merged.has(`${path}.weight`) ? { ...own, branch: null, change: null } : own
      }),
    check() {
      for (const layers of loras)
        for (const path of layers.keys()) assert(asked.has(path), `nothing asks what changes ${path}`)
    }
  }
}

function adaptation(
  graph: Graph,
  layer: LoraLayer,
  { prefix, scale }: { readonly prefix: string; readonly scale: Value }
): Adaptation {
  const { kind, weights, factor, rank } = layer
  const rest = weights.names.flatMap((name) => {
    const weight = name === 'diff_b' ? undefined : weights.get(name)
    return weight === undefined ? [] : [[name, weight] as const]
  })
  const source = weightSource(new Map(rest))
  const { m } = openNetwork(graph, source, 'LoRA', { prefix })
  const bias = weights.get('diff_b')
  return {
    scale,
    branch: isBranch(layer) ? { m, scale: factor === 1 ? scale : mul(m, scale, factor), rank } : null,
    change:
      rest.length === 0 ? null : (weight, inputs) => weightChange(m, weight, { kind, factor, inputs, rank }),
    bias:
      bias === undefined
        ? null
        : graph.weight(`${prefix}diff_b`, { ...bias, shape: [elementCount(bias.shape)] })
  }
}

/** Whether products beside the layer do for what changes it. */
const isBranch = ({ kind, weights }: LoraLayer): boolean =>
  kind === 'lora' && weights.get('dora_scale') === undefined

/** Names of the weights that no branches beside them can change, in the network's own order. Those of norms are small. */
export function changedWeights(weights: WeightSource, loras: readonly LoraLayers[]): readonly string[] {
  return weights.names.filter((name) => {
    if (!name.endsWith('.weight') || (weights.get(name)?.shape.length ?? 0) < 2) return false
    const path = name.slice(0, -'.weight'.length)
    return loras.some((layers) => {
      const layer = layers.get(path)
      return (
        layer !== undefined && !isBranch(layer) && layer.weights.names.some((piece) => piece !== 'diff_b')
      )
    })
  })
}

const pick = (graph: Graph, scales: Value, block: number): Value =>
  graph.node('Gather', [scales, graph.constant(BigInt64Array.of(BigInt(block)), [])], [])

/** A list of numbers for each LoRA, one for each block, as `lora.0`, `lora.1`, … */
export const scaleFeeds = (scales: readonly (readonly number[])[]): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(
    scales.map((each, i) => [`lora.${i}`, { data: Float32Array.from(each), dims: [each.length] }])
  )
