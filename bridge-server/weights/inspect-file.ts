import { tmpdir } from 'node:os'
import { AppError } from '../errors.ts'
import type { DownloadKind } from '../protocol/downloads.ts'
import { readAnnotator } from './extensions/annotator.ts'
import { readControlNet } from './extensions/controlnet.ts'
import { readEmbedding } from './extensions/embedding.ts'
import { kindOf } from './extensions/extension-info.ts'
import { readHypernetwork } from './extensions/hypernetwork.ts'
import { readLora } from './extensions/lora.ts'
import { readTaesd } from './extensions/taesd.ts'
import { readUpscaler } from './extensions/upscaler.ts'
import { foreignKind } from './foreign-kinds.ts'
import { openCheckpoint } from './open-checkpoint.ts'
import type { TensorFileOptions } from './open-options.ts'
import { readTensorFile } from './tensor-file.ts'
import { shownName, type TensorTable } from './tensor-table.ts'
import { readVaeFile } from './vae-file.ts'

/** As messages name it. */
const names: Readonly<Record<DownloadKind, string>> = {
  checkpoint: 'a model',
  vae: 'an autoencoder (VAE)',
  taesd: 'a TAESD preview decoder',
  controlnet: 'a ControlNet',
  upscaler: 'an upscaler',
  lora: 'a LoRA',
  embedding: 'an embedding (textual inversion)',
  hypernetwork: 'a hypernetwork',
  annotator: 'a network that makes maps'
}

/**
 * Opens a file as what it is said to be. Only headers are read. Throws AppError 'model-unreadable', 'model-incomplete',
 * 'model-unsupported'.
 */
export async function inspectFile(
  file: string,
  kind: DownloadKind,
  options: TensorFileOptions
): Promise<void> {
  if (kind === 'checkpoint') await openCheckpoint(file, options)
  // The scale of latents is the model's, and says nothing of the file.
  else if (kind === 'vae') await readVaeFile(file, { options, latentScale: 1 })
  else await inspectTable(await readTensorFile(file, options), kind, options)
}

async function inspectTable(
  table: TensorTable,
  kind: Exclude<DownloadKind, 'checkpoint' | 'vae'>,
  { cacheFolder = tmpdir() }: TensorFileOptions
): Promise<void> {
  if (kindOf(table) !== kind)
    throw new AppError('model-unsupported', {
      message: `${shownName(table.file)} is not ${names[kind]}, but ${foreignKind(table) ?? 'something else'}.`,
      hint: 'It was not kept. The catalogue’s entry names a wrong kind or a wrong file.'
    })
  await readers[kind](table, cacheFolder)
}

const readers: Readonly<
  Record<Exclude<DownloadKind, 'checkpoint' | 'vae'>, (table: TensorTable, cacheFolder: string) => unknown>
> = {
  taesd: readTaesd,
  upscaler: readUpscaler,
  lora: readLora,
  controlnet: (table) => readControlNet(table, false),
  embedding: readEmbedding,
  hypernetwork: readHypernetwork,
  annotator: readAnnotator
}
