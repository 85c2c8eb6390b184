import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'

/**
 * Opens a file for reading. Rejects as the system does, and for what is no file: a pipe without a writer would be waited for, and a
 * device read, without an end.
 */
export async function openFile(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new Error('it is no file, but a folder, a pipe or a device')
}

/** Bytes of a text at most: a tokenizer's vocabulary has some millions. */
const longestText = 64 * 2 ** 20

/** The text of a file, in UTF-8. Rejects as `openFile`, and before anything is read for one that is too long. */
export async function readText(file: string): Promise<string> {
  const handle = await openFile(file)
  try {
    const { size } = await handle.stat()
    if (size > longestText) throw new Error(`it has ${size} bytes, and more than ${longestText} are not read`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}
