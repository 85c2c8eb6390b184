import { rm, statfs } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import type { DownloadEntry, DownloadKind, DownloadList, StartDownload } from '../protocol/downloads.ts'
import type { DownloadsOffered } from './catalogue-file.ts'
import { usualLimits, type TransferLimits } from './fetch-file.ts'
import { itemOf } from './list-item.ts'
import { isInstalled, placeOf, refuseTaken, uninstall } from './places.ts'
import { runDownload } from './run-download.ts'
import { createTaskLine } from './task-line.ts'
import { createTask, isUnderWay, type Task } from './task.ts'
import type { Transport } from './transport.ts'
import { createTurns } from './turns.ts'
import { openDownloadsFolder, sweepUnfinished } from './unfinished.ts'

/**
 * Model files that are downloaded into the models folder: only entries of the catalogue, and whole or not at all. What is
 * asked about one entry is done in the order of asking. Promises reject with AppError; 'not-found' for an id that the
 * catalogue does not have.
 */
export interface Downloads {
  list(): Promise<Omit<DownloadList, 'mayChange'>>
  /**
   * Begins, or goes on with what is here; for one that is under way or installed nothing happens. Rejects with
   * 'download-unverified' where nobody vouches for the file and `unverified` does not say that it is wanted nevertheless,
   * 'model-exists', 'disk-full'. What goes wrong later is the entry's state.
   */
  start(id: string, options?: StartDownload): Promise<void>
  /** Resolves when it has stopped; what is here is kept, over restarts too. */
  pause(id: string): Promise<void>
  /** Goes on with what was paused or has failed, as it was wanted then. Rejects with 'not-found' where nothing is. */
  resume(id: string): Promise<void>
  /** Stops and throws away what is here. */
  cancel(id: string): Promise<void>
  /** Deletes the installed file. Rejects with 'model-missing' where there is none that was put there. */
  remove(id: string): Promise<void>
  /** Resolves when the entry is installed; rejects when its download has failed, was paused or cancelled. */
  finished(id: string): Promise<void>
  /** Stops everything; what is here is kept. */
  close(): Promise<void>
}

export interface DownloadsParts {
  /** Where models are kept. */
  readonly models: string
  readonly offered: () => Promise<DownloadsOffered>
  readonly transport: Transport
  /** Opens a file as what it is said to be; throws AppError where it is something else. */
  readonly inspect: (file: string, kind: DownloadKind, cacheFolder: string) => Promise<void>
  /** Ids of models that are here already, in any folder, by their sha256. */
  readonly known: () => Promise<ReadonlyMap<string, string>>
  readonly report: (error: unknown) => void
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Bytes that are free in a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>
  readonly limits?: Partial<TransferLimits>
}

/** What other programs and jobs may need. */
const spareBytes = 512 * 2 ** 20

/** Goes on, as paused, with what an earlier server left; all else that it left is thrown away. */
export async function createDownloads(parts: DownloadsParts): Promise<Downloads> {
  const { models, offered, now = Date.now, freeBytes = freeIn } = parts
  const folder = await openDownloadsFolder(models)
  const run = (task: Task): Promise<void> =>
    runDownload({
      ...{ models, now, entry: task.entry, unverified: task.unverified },
      folder: path.join(folder, task.entry.id),
      limits: { ...usualLimits, ...parts.limits },
      transport: parts.transport,
      inspect: parts.inspect,
      signal: task.signal(),
      rest: (milliseconds, signal) => wait(milliseconds, undefined, { signal }),
      onPart: task.hasPart,
      onMirror: task.asks,
      onChecked: task.checked
    })
  const line = createTaskLine({ run, report: parts.report })
  const inTurn = createTurns()
  for (const { entry, state } of await sweepUnfinished(folder, await offered()))
    line.keep(createTask({ entry, now, unverified: state.unverified, have: state.have }))

  const find = async (id: string): Promise<DownloadEntry> => entryOf(await offered(), id)

  const start = async (id: string, unverified: boolean): Promise<void> => {
    const entry = await find(id)
    const before = line.find(id)
    if (isUnderWay(before) || (await isInstalled(models, entry))) return
    const isWanted = unverified || before?.unverified === true
    if (entry.sha256 === null && !isWanted) throw unverifiedError(entry)
    await refuseTaken(models, entry)
    const done = before?.done() ?? 0
    checkSpace(entry, { done, free: await freeBytes(models), ahead: line.ahead(id) })
    line.add(createTask({ entry, now, unverified: isWanted, have: [done] }))
  }

  const stop = async (id: string): Promise<void> => {
    if ((await line.stop(id)) === null) throw notUnderWay(id)
  }

  return {
    async list() {
      const [{ entries, problems }, known] = [await offered(), await parts.known()]
      const items = entries.map(async (entry) =>
        itemOf(entry, {
          task: line.find(entry.id) ?? null,
          isHere: await isInstalled(models, entry),
          elsewhere: entry.sha256 === null ? null : (known.get(entry.sha256) ?? null)
        })
      )
      return { items: await Promise.all(items), freeBytes: await freeBytes(models), problems: [...problems] }
    },
    start: (id, { unverified = false } = {}) => inTurn(id, () => start(id, unverified)),
    pause: (id) => inTurn(id, () => stop(id)),
    resume: (id) =>
      inTurn(id, async () => {
        if (line.find(id) === undefined) throw notUnderWay(id)
        await start(id, false)
      }),
    cancel: (id) =>
      inTurn(id, async () => {
        await stop(id)
        await rm(path.join(folder, id), { recursive: true, force: true })
        line.forget(id)
      }),
    remove: (id) =>
      inTurn(id, async () => {
        const entry = await find(id)
        if (!(await isInstalled(models, entry))) throw notOurs(entry)
        await uninstall(models, entry)
      }),
    async finished(id) {
      const task = await line.whenStill(id)
      if (task !== null) throw task.failure()
      if (!(await isInstalled(models, await find(id)))) throw notUnderWay(id)
    },
    async close() {
      await line.close()
      await parts.transport.close()
    }
  }
}

function entryOf({ entries }: DownloadsOffered, id: string): DownloadEntry {
  const entry = entries.find((each) => each.id === id)
  if (entry !== undefined) return entry
  throw new AppError('not-found', { message: `The catalogue has no “${id.slice(0, 64)}”.` })
}

async function freeIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

interface Space {
  /** Bytes of it that are here. */
  readonly done: number
  readonly free: number
  /** Bytes that other downloads are about to take. */
  readonly ahead: number
}

function checkSpace({ name, bytes }: DownloadEntry, { done, free, ahead }: Space): void {
  const needed = bytes - done + spareBytes
  if (needed + ahead <= free) return
  const others = ahead === 0 ? '' : `, of which other downloads take ${gigabytes(ahead)}`
  throw new AppError('disk-full', {
    message: `${name} needs ${gigabytes(needed)} more, and ${gigabytes(free)} are free where models are kept${others}.`,
    hint: 'Free some space, or keep models on another disk with --data.'
  })
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

const unverifiedError = (entry: DownloadEntry): AppError =>
  new AppError('download-unverified', {
    message: `Nobody vouches for the content of ${placeOf(entry)}: its entry has no sha256.`,
    hint: 'Download it only if you trust where it comes from, and say so.'
  })

const notUnderWay = (id: string): AppError =>
  new AppError('not-found', { message: `No download of “${id.slice(0, 64)}” is under way.` })

const notOurs = ({ name }: DownloadEntry): AppError =>
  new AppError('model-missing', {
    message: `${name} is not in the folder of Marquee’s own models.`,
    hint: 'What lies in folders that you added is removed there, by hand.'
  })
