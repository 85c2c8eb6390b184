import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { findExtensionFiles } from '../weights/extensions/extension-files.ts'
import { kindOf } from '../weights/extensions/extension-info.ts'
import { extension, findModelFiles } from '../weights/model-files.ts'
import { strayError, type StrayLink } from '../weights/model-roots.ts'
import { openCheckpoint } from '../weights/open-checkpoint.ts'
import { readPart } from '../weights/part-files.ts'
import { readTensorFile } from '../weights/tensor-file.ts'
import { readVaeFile } from '../weights/vae-file.ts'
import { findVaeFiles } from '../weights/vae-files.ts'
import { AppError } from '../errors.ts'

/** A model, or what belongs beside one: a file or a folder. */
export interface LocalFile {
  /** As lists have it: a VAE with its extension, all others without. */
  readonly id: string
  /** Absolute path. */
  readonly file: string
  readonly isVae: boolean
  /** A link that is not followed. */
  readonly stray: StrayLink | null
}

/** All that may be of use in `folders`, each once; whether it is, `kindInside` tells. */
export async function findLocalFiles(folders: readonly string[]): Promise<readonly LocalFile[]> {
  const found = new Map<string, LocalFile>()
  const add = (file: LocalFile): void => {
    if (!found.has(file.file)) found.set(file.file, file)
  }
  for (const { id, file, stray } of await findModelFiles(folders)) add({ id, file, isVae: false, stray })
  for (const { id, file } of await findVaeFiles(folders)) add({ id, file, isVae: true, stray: null })
  for (const { id, file, stray } of await findExtensionFiles(folders)) add({ id, file, isVae: false, stray })
  return [...found.values()]
}

/** Opens it: `model`, `vae`, a kind of extension, or null for what is whole and nothing of ours. Throws AppError where it is damaged. */
export async function kindInside(
  { file, isVae, stray }: LocalFile,
  cacheFolder: string
): Promise<string | null> {
  if (stray !== null) throw strayError(stray)
  const options = { cacheFolder: path.join(cacheFolder, 'converted') }
  if (isVae) {
    await readVaeFile(file, { options, latentScale: 1 })
    return 'vae'
  }
  try {
    await openCheckpoint(file, options)
    return 'model'
  } catch (error) {
    const isFile = (await stat(file)).isFile()
    // A part of a diffusers folder has no model_index.json.
    if (!(error instanceof AppError) || (isFile && error.code !== 'model-unsupported')) throw error
    return kindOf(await (isFile ? readTensorFile : readPart)(file, options))
  }
}

/** Every file of weights in it, in a stable order. */
export async function weightFiles(place: string): Promise<readonly string[]> {
  if ((await stat(place)).isFile()) return [place]
  const names = await readdir(place, { recursive: true })
  return names
    .filter((name) => extension.test(name) || name.endsWith('.bin'))
    .sort()
    .map((name) => path.join(place, name))
}
