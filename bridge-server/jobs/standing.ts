import type { JobStore } from './job-store.ts'
import { finalEvent, type JobEvent, type JobName } from './job.ts'
import type { Line } from './line.ts'
import type { Worker } from './worker.ts'

/** Where jobs stand, in the words in which it was told: in the line, at work, or at their end. */
export interface Standing {
  isRunning(job: JobName): boolean
  /** Throws AppError 'data-damaged' for a finished job that cannot be read. */
  of(job: JobName): readonly JobEvent[]
  /** Of each unfinished job of a client. */
  ofUnfinished(client: string): readonly JobEvent[]
}

export function createStanding(line: Line, worker: Worker, store: Pick<JobStore, 'find'>): Standing {
  const isRunning = ({ key }: JobName): boolean => worker.running?.stored.key === key

  /** Null where it is finished. */
  const unfinished = (job: JobName): readonly JobEvent[] | null => {
    const position = line.positionOf(job)
    if (position !== null) return [{ type: 'queued', jobId: job.id, position }]
    return isRunning(job) ? (worker.running?.standing() ?? []) : null
  }

  const end = ({ client, id }: JobName): readonly JobEvent[] => {
    const stored = store.find(client, id)
    const last = stored === null ? null : finalEvent(stored.job)
    return last === null ? [] : [last]
  }

  return {
    isRunning,
    of: (job) => unfinished(job) ?? end(job),
    ofUnfinished: (client) =>
      [...(worker.running === null ? [] : [worker.running.stored]), ...line.jobs]
        .filter((job) => job.client === client)
        .flatMap((job) => unfinished(job) ?? [])
  }
}
