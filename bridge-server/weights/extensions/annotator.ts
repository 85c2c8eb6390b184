import path from 'node:path'
import { AppError } from '../../errors.ts'
import type { AnnotatorNetwork } from '../../protocol/annotators.ts'
import { readConfig, type Config } from '../config-file.ts'
import { depthAnythingToTransformers } from '../depth-anything-names.ts'
import { dptPart } from '../depth-folder.ts'
import { dptRename } from '../diffusers-names.ts'
import { layersUsed, midasPart } from '../midas.ts'
import { renamed, shownName, unreadable, weightSource, type TensorTable } from '../tensor-table.ts'
import type { AnnotatorFile, DepthAnything } from './extension.ts'

/** Two tensors by which each network is known, and what it is for. */
const signs: readonly (readonly [AnnotatorFile['network'], AnnotatorNetwork, RegExp, RegExp])[] = [
  ['depth-anything', 'depth', /^pretrained\.blocks\.0\.ls1\.gamma$/, /^depth_head\.projects\.0\./],
  ['depth-anything', 'depth', /^backbone\.encoder\.layer\.0\.layer_scale1\./, /^neck\.reassemble_stage\./],
  ['dpt', 'depth', /^pretrained\.model\.blocks\.0\./, /^scratch\.output_conv\.4\./],
  ['dpt', 'depth', /^dpt\.encoder\.layer\.0\./, /^head\.head\.4\./],
  ['hed', 'hed', /^norm$/, /^block5\.projection\.weight$/],
  ['openpose', 'openpose', /^(model0\.)?conv1_1\.weight$/, /^(model\d_\d\.)?conv5_5_CPM_L1\.weight$/],
  ['mlsd', 'mlsd', /^backbone\.features\.0\.0\.weight$/, /^block23\.conv3\.weight$/]
]

function signOf({ weights, unusable }: TensorTable) {
  const names = [...weights.keys(), ...unusable.keys()]
  return signs.find(([, , ...both]) => both.every((sign) => names.some((name) => sign.test(name))))
}

/** Which annotators' network a file is; null for what is none. */
export const annotatorNetwork = (table: TensorTable): AnnotatorNetwork | null => signOf(table)?.[1] ?? null

/** The network in an annotator's file. Throws AppError 'model-unreadable', 'model-unsupported'. */
export async function readAnnotator(table: TensorTable): Promise<AnnotatorFile> {
  const network = signOf(table)?.[0]
  switch (network) {
    case 'depth-anything':
      return { network, part: depthAnythingPart(table, await besideFile(table, 'config.json')) }
    case 'dpt':
      return { network, part: await depthPart(table) }
    case 'openpose':
      // Some have the module before each layer's name.
      return {
        network,
        weights: weightSource(renamed(table, (name) => name.replace(/^model\d(_\d)?\./, '')))
      }
    case 'hed':
    case 'mlsd':
      return { network, weights: weightSource(renamed(table, (name) => name)) }
    case undefined:
      throw unreadable(table.file, 'it holds no annotator')
  }
}

const besideFile = (table: TensorTable, name: string): Promise<Config | null> =>
  readConfig(path.join(path.dirname(table.file), name))

async function depthPart(table: TensorTable) {
  const config = await besideFile(table, 'config.json')
  if (config?.text('model_type') === 'dpt')
    return dptPart(table, config, await besideFile(table, 'preprocessor_config.json'))
  const own = renamed(table, (name) => (name.startsWith('dpt.') ? dptRename(name) : name))
  return midasPart(own)
}

/** Depth-Anything's patches are 14 pixels, and the heads of DINOv2 64 numbers wide. */
const PATCH = 14
const HEAD = 64

function depthAnythingPart(table: TensorTable, config: Config | null): DepthAnything {
  if (/metric/i.test(shownName(table.file)) || config?.text('depth_estimation_type') === 'metric')
    throw new AppError('model-unsupported', {
      message: `${shownName(table.file)} is a Depth-Anything for distances in metres, in which far is bright.`,
      hint: 'Take the one for relative depth, whose name has no “metric”.'
    })
  const weights = depthAnythingToTransformers(renamed(table, (name) => name))
  const [, , width = 0] = weights.get('backbone.embeddings.position_embeddings')?.shape ?? []
  const names = [...weights.keys()]
  return {
    weights: weightSource(weights),
    heads: width / HEAD,
    patchSize: PATCH,
    outIndices: outputsSaid(config) ?? outputsUsed(names, path.basename(table.file))
  }
}

/** transformers counts what comes before the first layer. */
function outputsSaid(config: Config | null): readonly number[] | null {
  const said = config?.object('backbone_config')?.numbers('out_indices')
  return said === undefined || typeof said === 'number' ? null : said.map((stage) => stage - 1)
}

/**
 * The tensors of both versions are alike: the first uses the last four layers, the second the last of each quarter, but of
 * ViT-L's first quarter the one before. The first is known by what its files are called, “…vitl14”.
 */
function outputsUsed(names: readonly string[], file: string): readonly number[] {
  const quarters = layersUsed(names)
  const last = quarters.at(-1) ?? 3
  if (/vit[sblg]14/i.test(file)) return [last - 3, last - 2, last - 1, last]
  return last === 23 ? [4, ...quarters.slice(1)] : quarters
}
