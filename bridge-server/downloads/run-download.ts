import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import type { DownloadEntry, DownloadKind } from '../protocol/downloads.ts'
import type { FetchTools } from './fetch-file.ts'
import { obtainFile } from './obtain-file.ts'
import { openPartFile, partName, wholeName, type PartFile } from './part-file.ts'
import { install } from './places.ts'

export interface RunParts extends Omit<FetchTools, 'part'> {
  readonly entry: DownloadEntry
  readonly unverified: boolean
  /** Of this download alone. */
  readonly folder: string
  readonly models: string
  readonly inspect: (file: string, kind: DownloadKind, cacheFolder: string) => Promise<void>
  readonly now: () => number
  readonly onPart: (part: PartFile | null) => void
  readonly onChecked: (bytes: number) => void
}

/**
 * One download from where it stands to the file in its place. Nothing is in the models folder before it is whole, has the
 * right hash and could be opened; what turns out to be something else is thrown away. What only found no room or no place is kept.
 */
export async function runDownload(parts: RunParts): Promise<void> {
  const { entry, folder, models, unverified, limits, now } = parts
  const part = await openPartFile({ folder, wanted: entry, unverified, pieceBytes: limits.pieceBytes, now })
  parts.onPart(part)
  try {
    await obtainFile(entry, { ...parts, part })
  } finally {
    await part.close()
  }
  // Readers tell formats by the extension, and messages name a file with its folder.
  const whole = wholeName(folder, entry)
  await mkdir(path.dirname(whole), { recursive: true })
  await rename(partName(folder, entry), whole)
  const throwAway = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true })
    parts.onPart(null)
  }
  try {
    await parts.inspect(whole, entry.kind, path.join(folder, 'converted'))
  } catch (error) {
    if (error instanceof AppError) await throwAway()
    throw error
  }
  await install(whole, models, entry)
  await throwAway()
}
