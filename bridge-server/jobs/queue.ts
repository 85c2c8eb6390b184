import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../errors.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { JobList } from '../protocol/results.ts'
import { createJobEvents } from './events.ts'
import type { JobStore } from './job-store.ts'
import type { JobEvent, JobName, StoredJob } from './job.ts'
import { createLine } from './line.ts'
import { expiredJobs, type RetentionLimits } from './retention.ts'
import { createStanding } from './standing.ts'
import { createWorker, maxAttempts, type WorkerParts } from './worker.ts'

/** Runs one job at a time, in order. Jobs, their order and results survive the end of the process. */
export interface Queue {
  /** Begins to work; before, jobs only wait. */
  start(): void
  /**
   * Adds a job at the end. The same id with the same request is harmless: where that job stands is told again.
   * Throws AppError 'job-conflict' for the same id with another request, 'too-many' where too many wait, 'disk-full'.
   */
  submit(client: string, id: string, request: GenerateRequest): void
  /** Takes a waiting job out or stops the running one; of a finished job the end is told again. Throws AppError 'not-found'. */
  cancel(client: string, id: string): void
  /** Moves a waiting job; 1 is next, a position past the end is the end. Throws AppError 'not-found'. */
  reorder(client: string, id: string, position: number): void
  /** Cancels a job where it is unfinished, waits until it has stopped, and forgets it. Throws AppError 'not-found'. */
  remove(client: string, id: string): Promise<void>
  /** Keeps a job beyond all limits of retention, or no more. Throws AppError 'not-found'. */
  star(client: string, id: string, starred: boolean): void
  /** Forgets the finished jobs that the limits have no room for. */
  prune(limits: RetentionLimits): void
  /** Throws AppError 'not-found', also for another client's job; 'data-damaged' where it cannot be read. */
  find(client: string, id: string): StoredJob
  /** A client's jobs, newest first. */
  list(client: string, filter: { document?: string; limit: number }): JobList
  /** Where each unfinished job of a client stands, in the words in which it was told. */
  standing(client: string): readonly JobEvent[]
  /** Calls back with every event of a client's jobs; returns the way to stop. */
  listen(client: string, listener: (event: JobEvent) => void): () => void
  /** Calls back with every event of everybody's jobs: for logs and figures. */
  watch(watcher: (event: JobEvent, client: string) => void): void
  /** How many jobs of everybody wait, and run. */
  counts(): { readonly waiting: number; readonly running: number }
  /** Starts no more jobs, stops the running one and puts it back first. */
  stop(): Promise<void>
}

/** Goes on with the jobs of `parts.store`; one that ran when the process ended comes first, or fails if that happened before. */
export function createQueue(parts: WorkerParts): Queue {
  const { store, now } = parts
  const events = createJobEvents()
  const line = createLine(recovered(store, now()), events)
  const worker = createWorker(line, events, parts)

  const standing = createStanding(line, worker, store)

  const name = (client: string, id: string): JobName => {
    const found = store.name(client, id)
    if (found === null) throw notFound(id)
    return found
  }

  const find = (client: string, id: string): StoredJob => {
    const stored = store.find(client, id)
    if (stored === null) throw notFound(id)
    return placed(stored)
  }

  const placed = (stored: StoredJob): StoredJob => ({
    ...stored,
    job: { ...stored.job, position: line.positionOf(stored) }
  })

  const tellAgain = (job: JobName): void =>
    standing.of(job).forEach((event) => events.publish(job.client, event))

  /** False where it is finished. */
  const stopped = (job: JobName): boolean => {
    if (standing.isRunning(job)) {
      worker.running?.cancel()
      return true
    }
    if (line.positionOf(job) === null) return false
    line.takeOut(job)
    worker.finish(job, { state: 'cancelled' })
    return true
  }

  return {
    start: () => worker.start(),
    submit: (client, id, request) => {
      const known = store.find(client, id)
      if (known === null) {
        checkRoom(line.jobs, client)
        line.putLast(store.insert({ client, id, request, created: now() }))
        worker.wake()
      } else if (isDeepStrictEqual(known.job.request, request)) {
        tellAgain(known)
      } else {
        throw conflict(id)
      }
    },
    cancel: (client, id) => {
      const job = name(client, id)
      if (!stopped(job)) tellAgain(job)
    },
    reorder: (client, id, position) => {
      const job = name(client, id)
      if (line.positionOf(job) === null) {
        tellAgain(job)
      } else {
        line.move(job, position)
        store.arrange(line.jobs.map(({ key }) => key))
      }
    },
    remove: async (client, id) => {
      const job = name(client, id)
      stopped(job)
      while (standing.isRunning(job)) await worker.running?.ended
      store.remove(job.key)
    },
    star: (client, id, starred) => store.star(name(client, id).key, starred),
    prune: (limits) => expiredJobs(store.kept(), limits, now()).forEach((key) => store.remove(key)),
    find,
    list: (client, filter) => {
      const { jobs, damaged } = store.list(client, filter)
      const placedJobs = jobs.map((stored) => placed(stored).job)
      return damaged.length === 0 ? { jobs: placedJobs } : { jobs: placedJobs, damaged: [...damaged] }
    },
    standing: (client) => standing.ofUnfinished(client),
    listen: (client, listener) => events.listen(client, listener),
    watch: (watcher) => events.watch(watcher),
    counts: () => ({ waiting: line.jobs.length, running: worker.running === null ? 0 : 1 }),
    stop: () => worker.stop()
  }
}

/** Waiting jobs of one client and of all, so that nobody fills the disk or everybody's time. */
const maxWaiting = 2000
const maxWaitingOfAll = 20_000

function checkRoom(waiting: readonly JobName[], client: string): void {
  const own = waiting.filter((job) => job.client === client).length
  if (own < maxWaiting && waiting.length < maxWaitingOfAll) return
  throw new AppError('too-many', {
    message: `${own} of your jobs wait, ${waiting.length} of all; ${maxWaiting} and ${maxWaitingOfAll} are allowed.`,
    hint: 'Wait until some are done, or cancel some.'
  })
}

const conflict = (id: string): AppError =>
  new AppError('job-conflict', {
    message: `Job ${id} exists with another request.`,
    hint: 'Give every new job a new id.'
  })

const notFound = (id: string): AppError =>
  new AppError('not-found', {
    message: `There is no job ${id}.`,
    hint: 'It may have been deleted, or it belongs to another client.'
  })

/** The jobs that wait, after those that ran when the process last ended were put back before them or given up. */
function recovered(store: JobStore, time: number): readonly JobName[] {
  for (const { key, attempts, id } of store.interrupted()) {
    if (attempts < maxAttempts) {
      store.putBack(key, 'counts')
      continue
    }
    const message = `The server ended ${attempts} times while it was working on job ${id}.`
    const hint = 'Try a smaller size; the log may tell the reason.'
    store.finish(key, time, { state: 'failed', error: { code: 'engine-died', message, hint } })
  }
  return store.waiting()
}
