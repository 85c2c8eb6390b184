import { lstat, mkdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import type { DownloadEntry, DownloadKind } from '../protocol/downloads.ts'
import { refuseOutside } from '../weights/inside-folder.ts'

/** Folders inside the models folder, as A1111 and ComfyUI name them. */
const folders: Readonly<Record<DownloadKind, string>> = {
  checkpoint: '',
  vae: 'vae',
  taesd: 'vae_approx',
  controlnet: 'controlnet',
  upscaler: 'upscalers',
  lora: 'loras',
  embedding: 'embeddings',
  hypernetwork: 'hypernetworks',
  annotator: 'annotators'
}

type Placed = Pick<DownloadEntry, 'kind' | 'file'>

/** Where an entry's file comes to lie in the models folder, with slashes. */
export const placeOf = ({ kind, file }: Placed): string => path.posix.join(folders[kind], file)

/** What the file is called once it is there: a VAE with its extension, all others without. */
export const idOf = (entry: Placed): string =>
  entry.kind === 'vae' ? placeOf(entry) : placeOf(entry).replace(/\.[a-z]+$/, '')

/** Whether the file is where it belongs, as large as it should be. */
export async function isInstalled(
  models: string,
  entry: Placed & Pick<DownloadEntry, 'bytes'>
): Promise<boolean> {
  const stats = await stat(path.join(models, placeOf(entry))).catch(() => null)
  return stats?.isFile() === true && stats.size === entry.bytes
}

/** Throws AppError 'model-exists' where something of that name is there already. */
export async function refuseTaken(models: string, entry: Placed): Promise<void> {
  if ((await lstat(path.join(models, placeOf(entry))).catch(() => null)) === null) return
  throw new AppError('model-exists', {
    message: `There is a file ${placeOf(entry)} in the models folder already, and it is another one.`,
    hint: 'Rename it, or remove it first.'
  })
}

/** Moves a file to its place. Throws AppError as `refuseTaken` and `refuseOutside`. */
export async function install(from: string, models: string, entry: Placed): Promise<void> {
  const target = path.join(models, placeOf(entry))
  await mkdir(path.dirname(target), { recursive: true })
  await refuseOutside(path.dirname(target), models)
  await refuseTaken(models, entry)
  await rename(from, target)
}

/** Deletes an entry's file. Throws AppError 'model-cannot' where the system does not let it go, as Windows while it is open. */
export async function uninstall(models: string, entry: Placed): Promise<void> {
  const target = path.join(models, placeOf(entry))
  await refuseOutside(path.dirname(target), models)
  await rm(target).catch((cause: unknown) => {
    throw new AppError('model-cannot', {
      message: `${placeOf(entry)} cannot be deleted: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: 'It may be in use: choose another model, wait for the running job, and try again.',
      cause
    })
  })
}
