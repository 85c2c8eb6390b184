import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError, assert } from '../errors.ts'
import { bytesPerPixel, maxPixels } from '../protocol/pixels.ts'

/** Bytes of a blob at most: the largest picture. */
export const maxBlobBytes = maxPixels * bytesPerPixel('rgba8')

/**
 * Raw bytes in files, named by their sha256. A file appears whole and on the disk, or not at all,
 * so several processes may read and write one folder. Writing may throw AppError 'disk-full'.
 */
export interface BlobStore {
  /** Stores bytes and returns their name. */
  put(bytes: Uint8Array): Promise<string>
  /**
   * Stores a stream that is to be blob `id`.
   * Throws AppError 'blob-mismatch' where its hash is another, 'too-large' past `maxBlobBytes`.
   */
  putStream(id: string, stream: Readable): Promise<'new' | 'known'>
  /** Path for a file that is being written, to be adopted when it is whole; what is left behind is swept away. */
  draft(): string
  /** Makes a whole draft, whose sha256 the caller has checked, blob `id`. */
  adopt(draft: string, id: string): Promise<'new' | 'known'>
  /** Throws AppError 'blob-missing'. */
  get(id: string): Promise<Buffer>
  /** Bytes `from` to `to` (exclusive), which must be in the blob. Throws AppError 'blob-missing'. */
  part(id: string, from: number, to: number): Promise<Buffer>
  /** Bytes of a blob, null where it is not here. */
  size(id: string): Promise<number | null>
  /** As `size`, and counts the blob as put now, so that it outlives the next sweep: a job will name it. */
  renew(id: string): Promise<number | null>
  /** Deletes blobs outside `keep` that nobody has put or renewed since `before` (milliseconds since 1970). */
  sweep(keep: ReadonlySet<string>, before: number): Promise<void>
  path(id: string): string
}

export async function createBlobStore(folder: string): Promise<BlobStore> {
  const drafts = path.join(folder, 'drafts')
  await mkdir(drafts, { recursive: true })
  const fileOf = (id: string): string => path.join(folder, id.slice(0, 2), id)

  const size = async (id: string): Promise<number | null> => {
    try {
      return (await stat(fileOf(id))).size
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null
      throw error
    }
  }

  const draftFile = (): string => path.join(drafts, randomUUID())

  const adopt = async (draft: string, id: string): Promise<'new' | 'known'> => {
    const now = new Date()
    if ((await size(id)) !== null) {
      await utimes(fileOf(id), now, now)
      await rm(draft, { force: true })
      return 'known'
    }
    await mkdir(path.dirname(fileOf(id)), { recursive: true })
    await rename(draft, fileOf(id))
    await synced(path.dirname(fileOf(id)))
    return 'new'
  }

  const store = async (
    stream: Readable,
    expected: string | null
  ): Promise<{ id: string; was: 'new' | 'known' }> => {
    const draft = draftFile()
    try {
      const id = await written(draft, stream)
      if (expected !== null && id !== expected) throw otherBytes(id, expected)
      return { id, was: await adopt(draft, id) }
    } catch (error) {
      throw asDiskFull(error)
    } finally {
      await rm(draft, { force: true })
    }
  }

  return {
    put: async (bytes) => (await store(Readable.from([bytes]), null)).id,
    putStream: async (id, stream) => (await store(stream, id)).was,
    draft: draftFile,
    adopt,
    get: async (id) => {
      try {
        return await readFile(fileOf(id))
      } catch (error) {
        throw hasCode(error, 'ENOENT') ? missingBlobs([id]) : error
      }
    },
    part: (id, from, to) => readPart(id, fileOf(id), from, to),
    size,
    renew: async (id) => {
      const now = new Date()
      try {
        await utimes(fileOf(id), now, now)
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return null
        throw error
      }
      return size(id)
    },
    sweep: async (keep, before) => {
      for (const name of await readdir(folder)) {
        for (const id of await readdir(path.join(folder, name))) {
          const file = path.join(folder, name, id)
          if (!keep.has(id) && (await stat(file)).mtimeMs < before) await rm(file, { force: true })
        }
      }
    },
    path: fileOf
  }
}

/** What to say where blobs are named that are not here. */
export const missingBlobs = (ids: readonly string[]): AppError =>
  new AppError('blob-missing', {
    message: `The server does not have ${ids.length === 1 ? 'blob' : 'blobs'} ${ids.join(', ')}.`,
    hint: 'Send the bytes with PUT /api/blobs/:sha256 first.'
  })

/** Writes a stream to a new file, onto the disk, and returns the sha256 of its bytes. */
async function written(file: string, stream: Readable): Promise<string> {
  const hash = createHash('sha256')
  let bytes = 0
  const measure = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length
      if (bytes > maxBlobBytes) {
        done(tooLarge(bytes))
        return
      }
      hash.update(chunk)
      done(null, chunk)
    }
  })
  await pipeline(stream, measure, createWriteStream(file, { flags: 'wx', flush: true }))
  return hash.digest('hex')
}

/** What to say of a blob with too many bytes. */
export const tooLarge = (bytes: number): AppError =>
  new AppError('too-large', {
    message: `The picture has ${bytes} bytes or more; ${maxBlobBytes} are allowed.`,
    hint: 'Choose a smaller area, or scale the document down.'
  })

/** What to say of bytes that are not those of their name. */
export const otherBytes = (id: string, expected: string): AppError =>
  new AppError('blob-mismatch', {
    message: `The bytes have the sha256 ${id}, not ${expected}.`,
    hint: 'Send the bytes again, under the hash of exactly these bytes.'
  })

/** What went wrong, in a person's words where it was the disk. */
export const asDiskFull = (error: unknown): unknown =>
  hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')
    ? new AppError('disk-full', {
        message: 'The disk with the data folder is full.',
        hint: 'Free some space, or choose another folder with --data.',
        cause: error
      })
    : error

async function readPart(id: string, path: string, from: number, to: number): Promise<Buffer> {
  const file = await open(path).catch((error: unknown) => {
    throw hasCode(error, 'ENOENT') ? missingBlobs([id]) : error
  })
  try {
    const bytes = Buffer.alloc(to - from)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
    assert(bytesRead === bytes.length, `${to} lies beyond the end of blob ${id}`)
    return bytes
  } finally {
    await file.close()
  }
}

/** A rename is on the disk only when its folder is; Windows cannot open folders and does without. */
async function synced(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
