import { existsSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../errors.ts'
import type { Prediction } from '../protocol/catalogue.ts'
import type { Checkpoint } from './checkpoint.ts'
import { openDiffusersFolder } from './diffusers-folder.ts'
import { shownName } from './tensor-table.ts'
import type { TensorFileOptions } from './tensor-file.ts'

export interface OpenOptions extends TensorFileOptions {
  /** What the person says the UNet predicts; undefined: what the model says, or the rule for its family. */
  readonly prediction?: Prediction | undefined
  /** A file with another autoencoder; undefined: one that lies beside the checkpoint, else the checkpoint's own. */
  readonly vae?: string | undefined
}

/**
 * A model on disk: a file in the original layout or a diffusers folder. Only headers are read.
 * Throws AppError 'model-missing', 'model-unreadable', 'model-unsupported', 'model-incomplete'.
 */
export async function openCheckpoint(file: string, options: OpenOptions = {}): Promise<Checkpoint> {
  const full = path.resolve(file)
  if (!existsSync(full))
    throw new AppError('model-missing', { message: `There is no model ${shownName(full)}.` })
  return openDiffusersFolder(full, options)
}
