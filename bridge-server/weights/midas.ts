import type { Weight } from '../graph/weight.ts'
import type { DepthPart } from './checkpoint.ts'
import { isHybrid, midasToTransformers } from './midas-names.ts'
import { hasPrefix, under, weightSource, type TensorTable } from './tensor-table.ts'

const prefix = 'depth_model.model.'
const patchSize = 16

/** The depth estimator inside SD 2-depth: MiDaS' DPT-hybrid, as ldm.modules.midas.api has it; null where there is none. */
export const depthFromSingleFile = (table: TensorTable): DepthPart | null =>
  hasPrefix(table, prefix) ? midasPart(under(table, prefix)) : null

/** MiDaS' DPT-hybrid or DPT-large from its own tensors. */
export function midasPart(own: ReadonlyMap<string, Weight>): DepthPart {
  const weights = midasToTransformers(own)
  const [, positions = 577, width = 768] = weights.get('dpt.embeddings.position_embeddings')?.shape ?? []
  return {
    weights: weightSource(weights),
    heads: width / 64,
    patchSize,
    outIndices: layersUsed([...weights.keys()]),
    layerNormEpsilon: 1e-6,
    readout: 'project',
    hybrid: isHybrid(own),
    imageSize: Math.sqrt(positions - 1) * patchSize,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5]
  }
}

/**
 * The layers whose outputs are used: the last of each quarter, as MiDaS has it. The first two feature maps of a hybrid come from
 * its backbone instead.
 */
export function layersUsed(names: readonly string[]): readonly number[] {
  const layers = 1 + Math.max(...names.map((name) => Number(/encoder\.layer\.(\d+)\./.exec(name)?.[1] ?? 0)))
  return [1, 2, 3, 4].map((quarter) => Math.round((layers * quarter) / 4) - 1)
}
