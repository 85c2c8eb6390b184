import { AppError } from '../../errors.ts'
import { stemOf } from '../model-info.ts'
import { openFile } from '../open-file.ts'
import { shownName } from '../tensor-table.ts'
import type { ExtensionFile } from './extension-files.ts'

/** Behind a file's own name, as the web UI and helpers for Civitai keep its picture; the first that is there counts. */
const endings = [
  '.preview.png',
  '.png',
  '.preview.jpg',
  '.jpg',
  '.preview.jpeg',
  '.jpeg',
  '.preview.webp',
  '.webp'
]

/** Bytes of a picture at most. */
const mostBytes = 32 * 2 ** 20

/** The absolute path of the picture that lies beside a model's file; null where there is none. */
export function pictureBeside({
  file,
  neighbours
}: Pick<ExtensionFile, 'file' | 'neighbours'>): string | null {
  const stem = stemOf(file).toLowerCase()
  return endings.map((ending) => neighbours.get(stem + ending)).find((place) => place !== undefined) ?? null
}

/** A picture as it lies in its file. */
export interface PictureFile {
  readonly bytes: Buffer
  /** Changes with the file. */
  readonly stamp: string
}

/** Throws AppError 'too-large' before anything is read. */
export async function readPictureFile(file: string): Promise<PictureFile> {
  const handle = await openFile(file)
  try {
    const { size, mtimeMs } = await handle.stat()
    if (size > mostBytes)
      throw new AppError('too-large', {
        message: `The picture ${shownName(file)} has ${size} bytes; at most ${mostBytes} are read.`,
        hint: 'Scale it down.'
      })
    return { bytes: await handle.readFile(), stamp: `${size}-${Math.round(mtimeMs)}` }
  } finally {
    await handle.close()
  }
}
