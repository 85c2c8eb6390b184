import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../errors.ts'
import { refuseOutside } from './inside-folder.ts'
import { extension } from './model-files.ts'
import { openCheckpoint } from './open-checkpoint.ts'

/** Takes model files into a models folder. */
export interface ModelInbox {
  /**
   * Stores a file of `bytes` (null where the sender does not know), which becomes a model only if it is one. What fails leaves
   * nothing behind. Throws AppError: 'bad-message' for a name that is none, 'model-exists', 'disk-full', and why it
   * cannot be used.
   */
  receive(name: string, stream: Readable, bytes: number | null): Promise<void>
}

/** What a download in the same moment may need too. */
const spareBytes = 256 * 2 ** 20
/** After so many bytes the disk is looked at again, for nobody promised how many would come, nor that nobody else writes. */
const lookEvery = 64 * 2 ** 20

/** Forgets what a server that ended in the middle had received. */
export async function createModelInbox(
  folder: string,
  freeBytes: (folder: string) => Promise<number> = freeIn
): Promise<ModelInbox> {
  // Hidden, so that no library lists what is not whole.
  const drafts = path.join(folder, '.incoming')
  await rm(drafts, { recursive: true, force: true })

  return {
    async receive(name, stream, bytes) {
      checkName(name)
      const target = path.join(folder, name)
      await refuseKnown(target)
      const draft = path.join(drafts, randomUUID())
      // Messages name a file with its folder.
      const file = path.join(draft, path.basename(folder), name)
      await mkdir(path.dirname(file), { recursive: true })
      try {
        await refuseOutside(path.dirname(file), folder)
        checkSpace(name, bytes ?? 0, await freeBytes(folder))
        const watch = watchSpace(async () => checkSpace(name, 0, await freeBytes(folder)))
        await pipeline(stream, watch, createWriteStream(file, { flags: 'wx', flush: true }))
        await openCheckpoint(file, { cacheFolder: path.join(draft, 'converted') })
        await refuseKnown(target)
        await rename(file, target)
      } catch (error) {
        throw isDiskFull(error) ? noRoom(name, error) : error
      } finally {
        await rm(draft, { recursive: true, force: true })
      }
    }
  }
}

function checkName(name: string): void {
  const isPlain = name === path.basename(name) && !/[\\/:\0]/.test(name) && !name.startsWith('.')
  if (isPlain && name.length <= 200 && extension.test(name)) return
  throw new AppError('bad-message', {
    message: `“${name.slice(0, 200)}” is no name of a model file.`,
    hint: 'Models end in .safetensors, .ckpt, .pt or .pth. A diffusers folder is added by its path.'
  })
}

async function refuseKnown(target: string): Promise<void> {
  if ((await stat(target).catch(() => null)) === null) return
  throw new AppError('model-exists', {
    message: `There is a model ${path.basename(target)} already.`,
    hint: 'Rename the file, or delete the other one from the models folder first.'
  })
}

function checkSpace(name: string, bytes: number, free: number): void {
  if (bytes + spareBytes <= free) return
  throw new AppError('disk-full', {
    message: `${name} has ${gigabytes(bytes)} to come, and ${gigabytes(free)} are free where models are kept.`,
    hint: 'Free some space, or leave the file where it is and add its folder.'
  })
}

async function freeIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** Passes everything on, and looks once in a while whether there is still room. */
function watchSpace(look: () => Promise<void>): Transform {
  let since = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      since += chunk.length
      if (since < lookEvery) {
        done(null, chunk)
        return
      }
      since = 0
      look().then(
        () => done(null, chunk),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error)))
      )
    }
  })
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

const noRoom = (name: string, cause: unknown): AppError =>
  new AppError('disk-full', {
    message: `The disk was full before ${name} was whole.`,
    hint: 'Free some space, or leave the file where it is and add its folder.',
    cause
  })
