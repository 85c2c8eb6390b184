import { existsSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../errors.ts'
import type { Family } from '../protocol/family.ts'
import type { Checkpoint, UnetPart } from './checkpoint.ts'
import { readConfig, requireConfig, type Config } from './config-file.ts'
import { depthFromFolder } from './depth-folder.ts'
import { textPart, unetPart, vaePart, type TextPart } from './diffusers-parts.ts'
import { conditioningOf, modelInfo } from './model-info.ts'
import type { OpenOptions } from './open-options.ts'
import { readPart } from './part-files.ts'
import { betasOf, distillationOf, predictionOf } from './scheduler-config.ts'
import { shownName } from './tensor-table.ts'
import { readVaeFile } from './vae-file.ts'

/** A model in diffusers' layout: a folder with `model_index.json` and a folder for each part. */
export async function openDiffusersFolder(folder: string, options: OpenOptions): Promise<Checkpoint> {
  const index = await requireConfig(path.join(folder, 'model_index.json'))
  refuseOthers(folder, index)
  const has = (part: string): boolean =>
    existsSync(path.join(folder, part, 'config.json')) && partClass(index, part) !== null
  const [unetTable, vaeTable] = await Promise.all([
    readPart(path.join(folder, 'unet'), options),
    readPart(path.join(folder, 'vae'), options)
  ])
  const unetConfig = await requireConfig(path.join(folder, 'unet', 'config.json'))
  const unet = unetPart(unetTable, unetConfig)
  const ownVae = await vaePart(path.join(folder, 'vae'), vaeTable)
  const vae =
    options.vae === undefined
      ? ownVae
      : await readVaeFile(options.vae, { options, latentScale: ownVae.latentScale })
  const family = familyOf(unet, unetConfig, partClass(index, 'text_encoder') !== null)
  const isXl = family === 'sdxl' || family === 'sdxl-refiner'

  const texts: TextPart[] = []
  for (const [part, tokenizer] of [
    ['text_encoder', 'tokenizer'],
    ['text_encoder_2', 'tokenizer_2']
  ] as const)
    if (has(part)) texts.push(await textPart({ folder, part, tokenizer, isXl }, options))
  const first = texts[0]
  if (first === undefined)
    throw new AppError('model-incomplete', { message: `${shownName(folder)} has no text encoder.` })

  const depth = has('depth_estimator') ? await depthFromFolder(folder, options) : null
  const scheduler = await readConfig(path.join(folder, 'scheduler', 'scheduler_config.json'))
  const tables = [unetTable, vaeTable, ...texts.map(({ table }) => table)]
  const sampleSize = unetConfig.numbers('sample_size')
  const info = modelInfo({
    file: folder,
    family,
    conditioning: conditioningOf(folder, unet.inputChannels),
    distillation: distillationOf(folder, scheduler, unet.weights),
    prediction: options.prediction ?? predictionOf(scheduler),
    nativeSize: typeof sampleSize === 'number' ? sampleSize * 8 : isXl ? 1024 : 512,
    textPositions: first.positions,
    hasDepthEstimator: depth !== null,
    unet: unet.weights,
    bytes: tables.reduce((sum, table) => sum + table.bytes, depth?.bytes ?? 0),
    clipSkip: first.part.clipSkip
  })
  return {
    info,
    textEncoders: texts.map(({ part }) => part),
    unet,
    vae,
    depth: depth?.part ?? null,
    betas: betasOf(scheduler)
  }
}

/** `["diffusers", "AutoencoderKL"]` → its second word; null where the pipeline has no such part. */
function partClass(index: Config, part: string): string | null {
  const entry = index.raw(part)
  if (!Array.isArray(entry)) return null
  const name: unknown = entry[1]
  return typeof name === 'string' ? name : null
}

function refuseOthers(folder: string, index: Config): void {
  const pipeline = index.text('_class_name') ?? ''
  const known = /^(StableDiffusion(?!3)|LatentConsistencyModel)/.test(pipeline)
  if (known && partClass(index, 'unet') === 'UNet2DConditionModel') return
  throw new AppError('model-unsupported', {
    message: `${shownName(folder)} is a ${pipeline || 'model without a pipeline class'}; Marquee runs Stable Diffusion 1, 2 and XL.`,
    hint: 'Choose a Stable Diffusion 1.x, 2.x or XL model.'
  })
}

function familyOf(unet: UnetPart, config: Config, hasFirstEncoder: boolean): Family {
  if (config.text('addition_embed_type') === 'text_time') return hasFirstEncoder ? 'sdxl' : 'sdxl-refiner'
  // SD 2 projects into its transformers by linear layers, SD 1 by 1×1 convolutions.
  const projection = unet.weights.names.find((name) => name.endsWith('.proj_in.weight')) ?? ''
  return unet.weights.get(projection)?.shape.length === 2 ? 'sd2' : 'sd1'
}
