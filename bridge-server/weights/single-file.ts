import type { Family } from '../protocol/family.ts'
import type { Checkpoint, TextEncoderPart } from './checkpoint.ts'
import { refuseForeign } from './foreign-kinds.ts'
import { depthFromSingleFile } from './midas.ts'
import {
  conditioningOf,
  distillationHint,
  embedsGuidance,
  modelInfo,
  stemOf,
  type Distillation
} from './model-info.ts'
import type { OpenOptions } from './open-options.ts'
import { predictionByRule } from './prediction-rule.ts'
import { usualBetas } from './scheduler-config.ts'
import { readSidecar, type Sidecar } from './sidecar.ts'
import { textEncodersOf } from './single-file-text.ts'
import { readTensorFile } from './tensor-file.ts'
import { renamed, weightSource, type TensorTable } from './tensor-table.ts'
import { readVae } from './vae-file.ts'

const unetPrefix = 'model.diffusion_model.'
const unetModule = /^(time_embed|label_emb|input_blocks|middle_block|output_blocks|out)\./

/** A UNet's own modules; some programs leave marks beside them. */
function unetName(name: string): string | null {
  const inner = name.startsWith(unetPrefix) ? name.slice(unetPrefix.length) : ''
  return unetModule.test(inner) ? inner : null
}

/** A model in the original layout: one file with the names of ldm or sgm. What else is in it (EMA, schedules) is left alone. */
export async function openSingleFile(file: string, options: OpenOptions): Promise<Checkpoint> {
  const table = await readTensorFile(file, options)
  refuseForeign(table)
  const sidecar = await readSidecar(file, table.metadata)
  const unetWeights = weightSource(renamed(table, unetName))
  const inputChannels = unetWeights.get('input_blocks.0.0.weight')?.shape[1] ?? 0
  const conditioning = conditioningOf(file, inputChannels)
  const texts = textEncodersOf(table, sidecar)
  const { family } = texts
  const vae = await readVae(table, { options, latentScale: sidecar.latentScale ?? usualScale(family) })
  const prediction =
    options.prediction ?? sidecar.prediction ?? (await predictionByRule(table, family, conditioning))
  const distillation = embedsGuidance(unetWeights) ? 'lcm' : distillationOf(file, table)
  const depth = depthFromSingleFile(table)
  return {
    info: modelInfo({
      file,
      family,
      conditioning,
      distillation,
      prediction,
      nativeSize: sidecar.nativeSize ?? usualSize(family, { prediction, distillation, conditioning }),
      textPositions: texts.positions,
      hasDepthEstimator: depth !== null,
      unet: unetWeights,
      bytes: table.bytes,
      clipSkip: clipSkipOf(texts.parts)
    }),
    textEncoders: texts.parts,
    unet: {
      weights: unetWeights,
      heads: sidecar.unetHeads ?? (family === 'sd1' ? { count: 8 } : { size: 64 }),
      normGroups: 32,
      inputChannels
    },
    vae,
    depth,
    betas: betasOf(sidecar)
  }
}

const usualScale = (family: Family): number =>
  family === 'sdxl' || family === 'sdxl-refiner' ? 0.13025 : 0.18215

/** SD 2's v-predicting models were trained at 768 px, its others at 512; XL at 1024, but XL Turbo at 512. */
function usualSize(
  family: Family,
  {
    prediction,
    distillation,
    conditioning
  }: Pick<Checkpoint['info'], 'prediction' | 'distillation' | 'conditioning'>
): number {
  if (family === 'sdxl' || family === 'sdxl-refiner') return distillation === 'turbo' ? 512 : 1024
  return family === 'sd2' && prediction === 'v' && conditioning === 'none' ? 768 : 512
}

const clipSkipOf = (parts: readonly TextEncoderPart[]): number => parts[0]?.clipSkip ?? 1

const betasOf = ({ betas }: Sidecar): Checkpoint['betas'] =>
  betas === undefined ? usualBetas : { ...betas, schedule: 'scaled_linear' }

/** By the file's name, or what its maker wrote into it. */
function distillationOf(file: string, { metadata }: TensorTable): Distillation {
  const byName = distillationHint(stemOf(file))
  return byName === 'none' ? distillationHint(metadata['modelspec.title'] ?? '') : byName
}
