import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../../errors.ts'
import { stemOf } from '../model-info.ts'
import { shownName } from '../tensor-table.ts'

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

/** The names in a folder; none where it cannot be read. */
export type NamesIn = (folder: string) => Promise<readonly string[]>

/** Reads each folder once. */
export function createNamesIn(): NamesIn {
  const known = new Map<string, Promise<readonly string[]>>()
  return (folder) => {
    const names = known.get(folder) ?? readdir(folder).catch(() => [])
    known.set(folder, names)
    return names
  }
}

/** The absolute path of the picture that lies beside a model's file; null where there is none. */
export async function pictureBeside(file: string, namesIn: NamesIn): Promise<string | null> {
  const folder = path.dirname(file)
  const names = new Map((await namesIn(folder)).map((name) => [name.toLowerCase(), name]))
  const stem = stemOf(file).toLowerCase()
  const found = endings.map((ending) => names.get(stem + ending)).find((name) => name !== undefined)
  return found === undefined ? null : path.join(folder, found)
}

/** A picture as it lies in its file. */
export interface PictureFile {
  readonly bytes: Buffer
  /** Changes with the file. */
  readonly stamp: string
}

/** Throws AppError 'too-large' before anything is read. */
export async function readPictureFile(file: string): Promise<PictureFile> {
  const { size, mtimeMs } = await stat(file)
  if (size > mostBytes)
    throw new AppError('too-large', {
      message: `The picture ${shownName(file)} has ${size} bytes; at most ${mostBytes} are read.`,
      hint: 'Scale it down.'
    })
  return { bytes: await readFile(file), stamp: `${size}-${Math.round(mtimeMs)}` }
}
