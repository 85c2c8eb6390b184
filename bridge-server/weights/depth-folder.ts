import path from 'node:path'
import { AppError } from '../errors.ts'
import type { DepthPart } from './checkpoint.ts'
import { readConfig, requireConfig, type Config } from './config-file.ts'
import { dptRename } from './diffusers-names.ts'
import { readPart } from './part-files.ts'
import type { TensorFileOptions } from './open-options.ts'
import { renamed, shownName, unreadable, weightSource, type TensorTable } from './tensor-table.ts'

/** The depth estimator of a diffusers folder: `depth_estimator`, and `feature_extractor` for what it wants to see. */
export async function depthFromFolder(
  folder: string,
  options: TensorFileOptions
): Promise<{ part: DepthPart; bytes: number }> {
  const config = await requireConfig(path.join(folder, 'depth_estimator', 'config.json'))
  const table = await readPart(path.join(folder, 'depth_estimator'), options)
  const processor = await readConfig(path.join(folder, 'feature_extractor', 'preprocessor_config.json'))
  return { part: dptPart(table, config, processor), bytes: table.bytes }
}

/** transformers' DPT as its config has it, for pictures as its processor makes them. Throws AppError 'model-unreadable'. */
export function dptPart(table: TensorTable, config: Config, processor: Config | null): DepthPart {
  const heads = config.number('num_attention_heads')
  if (heads === undefined) throw unreadable(config.file, 'it has no “num_attention_heads”')
  return {
    weights: weightSource(renamed(table, dptRename)),
    heads,
    patchSize: config.number('patch_size') ?? 16,
    outIndices: indices(config),
    layerNormEpsilon: config.number('layer_norm_eps') ?? 1e-12,
    readout: readoutOf(config),
    hybrid: config.flag('is_hybrid') ?? false,
    backboneGroups: config.object('backbone_config')?.number('num_groups') ?? 32,
    imageSize: squareSize(processor) ?? config.number('image_size') ?? 384,
    mean: triple(processor, 'image_mean'),
    std: triple(processor, 'image_std')
  }
}

function indices(config: Config): readonly number[] {
  const list = config.numbers('backbone_out_indices') ?? [2, 5, 8, 11]
  return typeof list === 'number' ? [list] : list
}

function readoutOf(config: Config): DepthPart['readout'] {
  const name = config.text('readout_type') ?? 'project'
  if (name === 'project' || name === 'add' || name === 'ignore') return name
  throw new AppError('model-unsupported', {
    message: `${shownName(config.file)} says readout_type “${name}”; DPT has project, add and ignore.`
  })
}

/** `size` was one number before it was height and width. */
function squareSize(processor: Config | null): number | undefined {
  if (processor === null) return undefined
  return typeof processor.raw('size') === 'number'
    ? processor.number('size')
    : processor.object('size')?.number('height')
}

/** Pictures are in 0…1 before this; 0.5 and 0.5 make them −1…1, as DPT's own processor does. */
function triple(processor: Config | null, key: string): readonly [number, number, number] {
  const found = processor?.numbers(key)
  if (found === undefined || typeof found === 'number') return [found ?? 0.5, found ?? 0.5, found ?? 0.5]
  return [found[0] ?? 0.5, found[1] ?? 0.5, found[2] ?? 0.5]
}
