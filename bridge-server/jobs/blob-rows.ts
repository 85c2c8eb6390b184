import type { ImageRef } from '../protocol/images.ts'
import { bytesPerPixel } from '../protocol/pixels.ts'
import type { Database } from './database.ts'
import { holderOf } from './job.ts'
import type { KeptJob } from './retention.ts'

export interface BlobOwners {
  /** Notes that a token's holder has a blob, which a job may name soon. */
  ownBlob(holder: string, blob: string, time: number): void
  /** Whether it was noted, or a job of the holder's clients names it. */
  ownsBlob(holder: string, blob: string): boolean
  /** Forgets what was noted before `time`. */
  forgetOwners(time: number): void
}

/** Notes the images that a job names, so that their blobs stay as long as it does. */
export function keepBlobs(database: Database, key: number, images: readonly ImageRef[]): void {
  for (const { blob, width, height, format } of images)
    database.run(
      'INSERT OR IGNORE INTO job_blobs (job, blob, bytes) VALUES (?, ?, ?)',
      ...[key, blob, width * height * bytesPerPixel(format)]
    )
}

/** All jobs with their blobs, as retention looks at them. */
export function keptJobs(database: Database): readonly KeptJob[] {
  const blobs = new Map<number, { blob: string; bytes: number }[]>()
  for (const { job, blob, bytes } of database.all('SELECT job, blob, bytes FROM job_blobs')) {
    const named = blobs.get(Number(job)) ?? []
    named.push({ blob: String(blob), bytes: Number(bytes) })
    blobs.set(Number(job), named)
  }
  return database.all('SELECT key, finished, starred FROM jobs').map(({ key, finished, starred }) => ({
    key: Number(key),
    finished: finished === null ? null : Number(finished),
    starred: starred === 1,
    blobs: blobs.get(Number(key)) ?? []
  }))
}

/** Who may name a blob. */
export function blobOwners(database: Database): BlobOwners {
  return {
    ownBlob: (holder, blob, time) => {
      database.run('INSERT OR REPLACE INTO blob_owners VALUES (?, ?, ?)', holder, blob, time)
    },
    ownsBlob: (holder, blob) =>
      database.get('SELECT 1 FROM blob_owners WHERE holder = ? AND blob = ?', holder, blob) !== null ||
      database
        .all('SELECT client FROM job_blobs JOIN jobs ON job = key WHERE blob = ?', blob)
        .some(({ client }) => holderOf(String(client)) === holder),
    forgetOwners: (time) => {
      database.run('DELETE FROM blob_owners WHERE time < ?', time)
    }
  }
}
