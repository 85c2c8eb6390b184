import { lstat, mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { DownloadEntry, PartState } from '../protocol/downloads.ts'
import type { DownloadsOffered } from './catalogue-file.ts'
import { readPartState } from './part-file.ts'

/** A download that an earlier server left. */
export interface Unfinished {
  readonly entry: DownloadEntry
  readonly state: PartState
}

/** Hidden, so that no library lists what is not whole, and on the disk of the models, so that a rename is enough. */
export async function openDownloadsFolder(models: string): Promise<string> {
  const folder = path.join(models, '.downloads')
  if ((await lstat(folder).catch(() => null))?.isDirectory() !== true) await rm(folder, { force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

/**
 * What can be gone on with. All else in the folder is thrown away; but an entry that is missing from catalogues that could not
 * be read whole may come back, and its bytes wait for it.
 */
export async function sweepUnfinished(
  folder: string,
  { entries, problems }: DownloadsOffered
): Promise<readonly Unfinished[]> {
  const found: Unfinished[] = []
  for (const name of await readdir(folder)) {
    const own = path.join(folder, name)
    const state = await readPartState(own)
    const entry = entries.find(({ id }) => id === name)
    const isOfEntry =
      entry !== undefined &&
      state !== null &&
      state.file === entry.file &&
      state.bytes === entry.bytes &&
      state.sha256 === entry.sha256
    if (isOfEntry) found.push({ entry, state })
    else if (state === null || entry !== undefined || problems.length === 0)
      await rm(own, { recursive: true, force: true })
  }
  return found
}
