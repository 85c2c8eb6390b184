import { AppError, toErrorReply } from '../errors.ts'
import type { JobEvents } from './events.ts'
import type { JobStore, Outcome } from './job-store.ts'
import type { JobEvent, JobName, RunJob, StoredJob } from './job.ts'
import { createLastWords } from './last-words.ts'
import type { Line } from './line.ts'
import type { Previews } from './previews.ts'
import { createRun, type Run, type RunEnd } from './run.ts'

/** How often a job is started before it is given up. */
export const maxAttempts = 2

/** Takes one job after the other from the line, runs it and keeps how it ended. */
export interface Worker {
  readonly running: Run | null
  /** Begins to work; before, jobs only wait. */
  start(): void
  /** Starts the next job unless one runs. */
  wake(): void
  /** Keeps how a job ended, then tells it. What cannot be kept is told as failed. */
  finish(job: JobName, outcome: Outcome): void
  /** Starts no more jobs, interrupts the running one and puts it back first. */
  stop(): Promise<void>
}

export interface WorkerParts {
  readonly store: JobStore
  readonly previews: Previews
  readonly run: RunJob
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Told of bugs, whose text no client sees, and of the job in which they showed. */
  readonly report: (error: unknown, jobId: string) => void
}

export function createWorker(line: Line, events: JobEvents, parts: WorkerParts): Worker {
  const { store, previews, run: runJob, now, report } = parts
  let running: Run | null = null
  let working = false
  const lastWords = createLastWords(store, now)

  const wake = (): void => {
    if (running !== null || !working) return
    lastWords.keep()
    const next = line.takeNext()
    if (next === null) return
    const stored = kept(next, () => store.start(next.key, now()))
    if (stored === null) {
      wake()
      return
    }
    events.publish(stored.client, { type: 'started', jobId: stored.job.id })
    const run = createRun({
      stored,
      runJob,
      previews,
      now,
      emit: (event) => events.publish(stored.client, event)
    })
    running = run
    void run.ended.then((end) => {
      running = null
      previews.drop(stored.key)
      settle(stored, end)
      wake()
    })
  }

  /** Does what must be kept. Null, and the job has failed, where it cannot be. */
  const kept = <Result>({ key, client, id }: JobName, work: () => Result): Result | null => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof AppError)) report(error, id)
      const reply = lastWords.add(key, toErrorReply(error))
      events.publish(client, { type: 'failed', jobId: id, error: reply })
      return null
    }
  }

  const settle = (stored: StoredJob, end: RunEnd): void => {
    if (end.state === 'interrupted') {
      putBack(stored, 'does not count')
    } else if (end.state === 'failed') {
      if (end.error.code === 'internal') report(end.cause, stored.job.id)
      if (end.error.code === 'engine-died' && stored.attempts < maxAttempts) putBack(stored, 'counts')
      else finish(stored, { state: 'failed', error: end.error })
    } else {
      finish(stored, end)
    }
  }

  const putBack = (stored: StoredJob, attempt: 'counts' | 'does not count'): void => {
    if (kept(stored, () => store.putBack(stored.key, attempt)) === null) return
    line.putFirst(stored)
  }

  const finish = (job: JobName, outcome: Outcome): void => {
    if (kept(job, () => store.finish(job.key, now(), outcome)) === null) return
    events.publish(job.client, lastWord(job.id, outcome))
  }

  return {
    get running() {
      return running
    },
    start: () => {
      working = true
      wake()
    },
    wake,
    finish,
    stop: async () => {
      working = false
      running?.interrupt()
      await running?.ended
    }
  }
}

function lastWord(jobId: string, outcome: Outcome): JobEvent {
  switch (outcome.state) {
    case 'done':
      return { type: 'done', jobId, result: outcome.result }
    case 'failed':
      return { type: 'failed', jobId, error: outcome.error }
    case 'cancelled':
      return { type: 'cancelled', jobId }
  }
}
