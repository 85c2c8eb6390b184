import type { DepthPart } from './checkpoint.ts'
import { midasToTransformers } from './midas-names.ts'
import { hasPrefix, under, weightSource, type TensorTable } from './tensor-table.ts'

const prefix = 'depth_model.model.'
const patchSize = 16

/** The depth estimator inside SD 2-depth: MiDaS' DPT-hybrid, as ldm.modules.midas.api has it; null where there is none. */
export function depthFromSingleFile(table: TensorTable): DepthPart | null {
  if (!hasPrefix(table, prefix)) return null
  const weights = midasToTransformers(under(table, prefix))
  const [, positions = 577, width = 768] = weights.get('dpt.embeddings.position_embeddings')?.shape ?? []
  return {
    weights: weightSource(weights),
    heads: width / 64,
    patchSize,
    // The first two feature maps come from the convolutional backbone; only the last two are layers' outputs.
    outIndices: [2, 5, 8, 11],
    layerNormEpsilon: 1e-6,
    readout: 'project',
    hybrid: true,
    imageSize: Math.sqrt(positions - 1) * patchSize,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5]
  }
}
