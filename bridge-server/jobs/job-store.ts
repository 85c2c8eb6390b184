import { assert } from '../errors.ts'
import type { ErrorReply } from '../protocol/errors.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { JobResult } from '../protocol/results.ts'
import { blobOwners, keepBlobs, keptJobs, type BlobOwners } from './blob-rows.ts'
import { openDatabase, type Database } from './database.ts'
import { imagesMade, imagesSent, type JobName, type StoredJob } from './job.ts'
import { jobName, migrations, storedJob, storedJobs, type StoredJobs } from './job-rows.ts'
import { createReserve } from './reserve.ts'
import type { KeptJob } from './retention.ts'

/** How a job ended. */
export type Outcome =
  | { readonly state: 'done'; readonly result: JobResult }
  | { readonly state: 'failed'; readonly error: ErrorReply }
  | { readonly state: 'cancelled' }

interface NewJob {
  readonly client: string
  readonly id: string
  readonly request: GenerateRequest
  /** Milliseconds since 1970. */
  readonly created: number
}

/**
 * Jobs, their order and their results, durable as soon as a call returns. What returns a whole job throws AppError 'data-damaged'
 * where it cannot be read.
 */
export interface JobStore extends BlobOwners {
  /** Adds a job at the end of the queue. */
  insert(job: NewJob): JobName
  /** Which job that is, whether it can be read or not. */
  name(client: string, id: string): JobName | null
  find(client: string, id: string): StoredJob | null
  /** A client's jobs, newest first; of one document where that is named. */
  list(client: string, filter: { document?: string; limit: number }): StoredJobs
  /** Jobs that wait, next one first. */
  waiting(): readonly JobName[]
  /** Jobs that ran when the server was last here, and how often they were started. */
  interrupted(): readonly (JobName & { readonly attempts: number })[]
  /** Makes the waiting jobs run in the order of `keys`. */
  arrange(keys: readonly number[]): void
  /** Marks a job as running and counts the attempt. */
  start(key: number, time: number): StoredJob
  /** Marks a running job as waiting, before all others. An attempt that is not the job's fault does not count. */
  putBack(key: number, attempt: 'counts' | 'does not count'): void
  finish(key: number, time: number, outcome: Outcome): void
  /** The same where the disk may be full: there is room that was kept back for it. */
  finishInReserve(key: number, time: number, outcome: Outcome): void
  remove(key: number): void
  star(key: number, starred: boolean): void
  /** All jobs, as retention looks at them. */
  kept(): readonly KeptJob[]
  /** Every blob that some job names. */
  blobs(): ReadonlySet<string>
  /** Bytes of all blobs that some job names. */
  blobBytes(): number
  close(): void
}

export function createJobStore(file: string): JobStore {
  const database = openDatabase(file, migrations)
  const reserve = createReserve(`${file}.reserve`)
  const byKey = (key: number): StoredJob => {
    const row = database.get('SELECT * FROM jobs WHERE key = ?', key)
    assert(row !== null, `job ${key} is not stored`)
    return storedJob(row)
  }

  const finish: JobStore['finish'] = (key, time, outcome) =>
    database.transaction(() => finishJob(database, key, { time, outcome }))

  return {
    insert: (job) => database.transaction(() => insertJob(database, job)),
    name: (client, id) => {
      const row = database.get('SELECT key, client, id FROM jobs WHERE client = ? AND id = ?', client, id)
      return row === null ? null : jobName(row)
    },
    find: (client, id) => {
      const row = database.get('SELECT * FROM jobs WHERE client = ? AND id = ?', client, id)
      return row === null ? null : storedJob(row)
    },
    list: (client, { document, limit }) => {
      const rows =
        document === undefined
          ? database.all('SELECT * FROM jobs WHERE client = ? ORDER BY key DESC LIMIT ?', client, limit)
          : database.all(
              'SELECT * FROM jobs WHERE client = ? AND document = ? ORDER BY key DESC LIMIT ?',
              ...[client, document, limit]
            )
      return storedJobs(rows)
    },
    waiting: () =>
      database
        .all("SELECT key, client, id FROM jobs WHERE state = 'queued' ORDER BY place, key")
        .map(jobName),
    interrupted: () =>
      database
        .all("SELECT key, client, id, attempts FROM jobs WHERE state = 'running' ORDER BY place, key")
        .map((row) => ({ ...jobName(row), attempts: Number(row.attempts) })),
    arrange: (keys) =>
      database.transaction(() => {
        for (const [index, key] of keys.entries())
          database.run('UPDATE jobs SET place = ? WHERE key = ? AND place <> ?', index + 1, key, index + 1)
      }),
    start: (key, time) => {
      database.run(
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, started = ? WHERE key = ?",
        time,
        key
      )
      return byKey(key)
    },
    putBack: (key, attempt) => {
      database.run(
        `UPDATE jobs SET state = 'queued', started = NULL, attempts = attempts - ?,
         place = (SELECT min(place) - 1 FROM jobs WHERE state IN ('queued', 'running')) WHERE key = ?`,
        ...[attempt === 'counts' ? 0 : 1, key]
      )
    },
    finish,
    finishInReserve: (key, time, outcome) => reserve.spend(() => finish(key, time, outcome)),
    remove: (key) => {
      database.run('DELETE FROM jobs WHERE key = ?', key)
    },
    star: (key, starred) => {
      database.run('UPDATE jobs SET starred = ? WHERE key = ?', starred ? 1 : 0, key)
    },
    kept: () => keptJobs(database),
    blobs: () => new Set(database.all('SELECT DISTINCT blob FROM job_blobs').map(({ blob }) => String(blob))),
    blobBytes: () =>
      Number(
        database.get(
          'SELECT total(bytes) AS sum FROM (SELECT max(bytes) AS bytes FROM job_blobs GROUP BY blob)'
        )?.sum
      ),
    ...blobOwners(database),
    close: () => database.close()
  }
}

function finishJob(
  database: Database,
  key: number,
  { time, outcome }: { readonly time: number; readonly outcome: Outcome }
): void {
  const result = outcome.state === 'done' ? outcome.result : null
  database.run(
    'UPDATE jobs SET state = ?, finished = ?, result = ?, error = ? WHERE key = ?',
    outcome.state,
    time,
    result === null ? null : JSON.stringify(result),
    outcome.state === 'failed' ? JSON.stringify(outcome.error) : null,
    key
  )
  if (result !== null) keepBlobs(database, key, imagesMade(result))
}

function insertJob(database: Database, { client, id, request, created }: NewJob): JobName {
  const row = database.get(
    `INSERT INTO jobs (client, id, document, state, place, attempts, request, created)
     VALUES (?, ?, ?, 'queued', (SELECT coalesce(max(place), 0) + 1 FROM jobs WHERE state IN ('queued', 'running')), 0, ?, ?)
     RETURNING key, client, id`,
    ...[client, id, request.documentId, JSON.stringify(request), created]
  )
  assert(row !== null, `job ${id} was not inserted`)
  const name = jobName(row)
  keepBlobs(database, name.key, imagesSent(request))
  return name
}
