import type { Weight } from '../graph/weight.ts'
import type { Prediction } from '../protocol/catalogue.ts'
import type { Family } from '../protocol/family.ts'
import type { Conditioning } from './model-info.ts'
import { readNumbers } from './read-numbers.ts'
import type { TensorTable } from './tensor-table.ts'

/** A norm's shift in the last transformer of SD 2's UNet. */
const telling = 'model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias'
/** Models trained from 2.0 or 2.1's 768 px v-prediction lie well above it, those from the 512 px base below. */
const threshold = 0.09

/**
 * What the UNet of a single file predicts when neither a sidecar nor its metadata says: v where the maker marked the file
 * (a tensor `v_pred`, or “vpred” in its name); for plain SD 2, whose two kinds have the same tensors, the spread of one
 * bias that training left different, the rule that is usual among programs that read these files; epsilon otherwise.
 */
export async function predictionByRule(
  table: TensorTable,
  family: Family,
  conditioning: Conditioning
): Promise<Prediction> {
  if (table.weights.has('v_pred') || table.unusable.has('v_pred')) return 'v'
  if (/v[-_ ]?pred/i.test(table.file.split(/[/\\]/).at(-1) ?? '')) return 'v'
  const bias = table.weights.get(telling)
  if (family !== 'sd2' || conditioning !== 'none' || bias === undefined) return 'epsilon'
  return (await spread(bias)) > threshold ? 'v' : 'epsilon'
}

/** Standard deviation of a small weight's numbers. */
async function spread(weight: Weight): Promise<number> {
  const numbers = await readNumbers(weight)
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length
  return Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length)
}
