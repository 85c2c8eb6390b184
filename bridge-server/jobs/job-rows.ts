import { AppError, toErrorReply } from '../errors.ts'
import { checked } from '../parse.ts'
import { ErrorReply } from '../protocol/errors.ts'
import { GenerateRequest } from '../protocol/request.ts'
import { JobResult, JobState, type DamagedJob } from '../protocol/results.ts'
import type { Row } from './database.ts'
import type { JobName, StoredJob } from './job.ts'

/** The tables of jobs and their blobs, a step for each version there was. */
export const migrations = [
  `CREATE TABLE jobs (
     key INTEGER PRIMARY KEY AUTOINCREMENT,
     client TEXT NOT NULL,
     id TEXT NOT NULL,
     document TEXT NOT NULL,
     state TEXT NOT NULL,
     place INTEGER NOT NULL,
     attempts INTEGER NOT NULL,
     request TEXT NOT NULL,
     created INTEGER NOT NULL,
     started INTEGER,
     finished INTEGER,
     result TEXT,
     error TEXT,
     UNIQUE (client, id)
   ) STRICT;
   CREATE INDEX jobs_of_document ON jobs (client, document, key);
   CREATE INDEX jobs_unfinished ON jobs (place) WHERE state IN ('queued', 'running');
   CREATE TABLE job_blobs (
     job INTEGER NOT NULL REFERENCES jobs (key) ON DELETE CASCADE,
     blob TEXT NOT NULL,
     PRIMARY KEY (job, blob)
   ) STRICT, WITHOUT ROWID`,
  // What older jobs name counts nothing.
  `ALTER TABLE jobs ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE job_blobs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0`,
  `CREATE TABLE blob_owners (
     holder TEXT NOT NULL,
     blob TEXT NOT NULL,
     time INTEGER NOT NULL,
     PRIMARY KEY (holder, blob)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX job_blobs_by_blob ON job_blobs (blob)`
]

/** Of a row of `jobs` what tells which job it is. */
export const jobName = (row: Row): JobName => ({
  key: Number(row.key),
  client: String(row.client),
  id: String(row.id)
})

/** A row of `jobs`. Throws AppError 'data-damaged' where it is not what this Marquee keeps. */
export function storedJob(row: Row): StoredJob {
  try {
    return readJob(row)
  } catch (cause) {
    throw new AppError('data-damaged', {
      message: `Job ${String(row.id)} is kept, but cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'A newer Marquee may have made it, or the database is damaged. It stays until it is deleted.',
      cause
    })
  }
}

/** Rows of `jobs`; one that cannot be read does not hide the others. */
export function storedJobs(rows: readonly Row[]): StoredJobs {
  const jobs: StoredJob[] = []
  const damaged: DamagedJob[] = []
  for (const row of rows)
    try {
      jobs.push(storedJob(row))
    } catch (error) {
      damaged.push({ id: String(row.id), created: Number(row.created), error: toErrorReply(error) })
    }
  return { jobs, damaged }
}

export interface StoredJobs {
  readonly jobs: readonly StoredJob[]
  readonly damaged: readonly DamagedJob[]
}

function readJob(row: Row): StoredJob {
  return {
    ...jobName(row),
    attempts: Number(row.attempts),
    job: {
      id: String(row.id),
      state: checked(JobState, row.state),
      request: checked(GenerateRequest, parsed(row.request)),
      created: Number(row.created),
      started: row.started === null ? null : Number(row.started),
      finished: row.finished === null ? null : Number(row.finished),
      position: null,
      result: row.result === null ? null : checked(JobResult, parsed(row.result)),
      error: row.error === null ? null : checked(ErrorReply, parsed(row.error)),
      ...(row.starred === 1 ? { starred: true } : {})
    }
  }
}

const parsed = (json: unknown): unknown => JSON.parse(String(json))
