import { statSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../errors.ts'
import type { Checkpoint } from './checkpoint.ts'
import { openDiffusersFolder } from './diffusers-folder.ts'
import { openSingleFile } from './single-file.ts'
import { shownName } from './tensor-table.ts'
import type { OpenOptions } from './open-options.ts'

/**
 * A model on disk: a file in the original layout or a diffusers folder. Only headers are read.
 * Throws AppError 'model-missing', 'model-unreadable', 'model-unsupported', 'model-incomplete'.
 */
export async function openCheckpoint(file: string, options: OpenOptions = {}): Promise<Checkpoint> {
  const full = path.resolve(file)
  const stats = statSync(full, { throwIfNoEntry: false })
  if (stats === undefined)
    throw new AppError('model-missing', { message: `There is no model ${shownName(full)}.` })
  return stats.isDirectory() ? openDiffusersFolder(full, options) : openSingleFile(full, options)
}
