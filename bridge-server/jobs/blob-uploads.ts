import { createHash, type Hash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../errors.ts'
import { asDiskFull, maxBlobBytes, otherBytes, tooLarge, type BlobStore } from './blobs.ts'

/** Milliseconds after which nobody is waited for to go on with an upload. */
const patience = 10 * 60_000
/** Unfinished uploads of one holder of a token; the one that lay still longest gives way. */
const mostOfHolder = 8

/** Where a part of a blob lies in it: bytes `from` to `to` (exclusive) of `total`. */
export interface BlobPart {
  readonly from: number
  readonly to: number
  readonly total: number
}

/**
 * Blobs on their way in parts, so that nobody needs all of a large one in memory. Parts come one after the other; a part that
 * breaks off or is wrong counts as not sent, and a first part begins anew. What is unfinished is known to this process only.
 */
export interface BlobUploads {
  /**
   * Takes the next part; with the last one the blob is there, before it the answer is null. Throws AppError 'blob-mismatch' where
   * the part is not the next one, or the bytes are not those of the name; 'too-large', 'too-many', 'disk-full'.
   */
  add(holder: string, id: string, part: BlobPart, stream: Readable): Promise<'new' | 'known' | null>
  /** Bytes of an unfinished blob that are here: where the next part begins. */
  held(holder: string, id: string): number
}

interface Upload {
  readonly holder: string
  readonly file: string
  readonly total: number
  /** Of the `held` bytes. */
  hash: Hash
  held: number
  /** Milliseconds. */
  touched: number
  isBusy: boolean
}

/** `now` is in milliseconds. */
export function createBlobUploads(blobs: BlobStore, now: () => number): BlobUploads {
  const uploads = new Map<string, Upload>()
  const keyOf = (holder: string, id: string): string => `${id} ${holder}`

  async function forget(key: string): Promise<void> {
    const upload = uploads.get(key)
    uploads.delete(key)
    if (upload !== undefined) await rm(upload.file, { force: true })
  }

  async function forgetIdle(): Promise<void> {
    for (const [key, { isBusy, touched }] of uploads)
      if (!isBusy && now() - touched > patience) await forget(key)
  }

  async function begun(holder: string, key: string, total: number): Promise<Upload> {
    if (total > maxBlobBytes) throw tooLarge(total)
    await forget(key)
    const own = [...uploads].filter(([, upload]) => upload.holder === holder)
    if (own.length >= mostOfHolder) {
      const idle = own.filter(([, { isBusy }]) => !isBusy)
      const [oldest] = idle.sort(([, a], [, b]) => a.touched - b.touched)
      if (oldest === undefined)
        throw new AppError('too-many', {
          message: `${own.length} uploads in parts are under way already.`,
          hint: 'Wait until one of them is done.'
        })
      await forget(oldest[0])
    }
    const upload: Upload = {
      ...{ holder, file: blobs.draft(), total },
      ...{ hash: createHash('sha256'), held: 0, touched: now(), isBusy: false }
    }
    uploads.set(key, upload)
    return upload
  }

  /** Which upload goes on with a part. */
  async function uploadFor(holder: string, id: string, { from, total }: BlobPart): Promise<Upload> {
    await forgetIdle()
    const known = uploads.get(keyOf(holder, id))
    if (known?.isBusy === true)
      throw unfitting('Another part of this blob is arriving.', 'Send one at a time.')
    if (from === 0) return begun(holder, keyOf(holder, id), total)
    if (known?.held === from && known.total === total) return known
    throw unfitting(
      `The part begins at byte ${from} of ${total}, but ${known?.held ?? 0} of ${known?.total ?? total} are here.`,
      `Go on at byte ${known?.held ?? 0}, or begin anew at byte 0.`
    )
  }

  return {
    held: (holder, id) => uploads.get(keyOf(holder, id))?.held ?? 0,
    async add(holder, id, part, stream) {
      const upload = await uploadFor(holder, id, part)
      upload.isBusy = true
      try {
        upload.hash = await appended(upload, part, stream)
        upload.held = part.to
      } catch (error) {
        throw asDiskFull(error)
      } finally {
        upload.isBusy = false
        upload.touched = now()
      }
      if (part.to < part.total) return null
      uploads.delete(keyOf(holder, id))
      try {
        const found = upload.hash.digest('hex')
        if (found !== id) throw otherBytes(found, id)
        return await blobs.adopt(upload.file, id)
      } finally {
        await rm(upload.file, { force: true })
      }
    }
  }
}

/** Writes a part behind what is there, and returns the hash of both. What a failed part wrote, the next one writes over. */
async function appended(upload: Upload, { from, to, total }: BlobPart, stream: Readable): Promise<Hash> {
  const hash = upload.hash.copy()
  const wanted = to - from
  let bytes = 0
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > wanted) {
        done(otherLength(`${bytes} or more`, wanted))
        return
      }
      hash.update(chunk)
      done(null, chunk)
    }
  })
  const file = createWriteStream(upload.file, {
    ...{ flags: from === 0 ? 'w' : 'r+', start: from },
    // Only a whole file is worth waiting for the disk.
    flush: to === total
  })
  await pipeline(stream, measure, file)
  if (bytes !== wanted) throw otherLength(String(bytes), wanted)
  return hash
}

const unfitting = (message: string, hint: string): AppError =>
  new AppError('blob-mismatch', { message, hint })

const otherLength = (bytes: string, wanted: number): AppError =>
  unfitting(`The part has ${bytes} bytes; its range has ${wanted}.`, 'Send exactly the bytes of the range.')
