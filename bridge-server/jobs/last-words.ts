import type { ErrorReply } from '../protocol/errors.ts'
import type { JobStore } from './job-store.ts'

/** Ends of jobs that could not be kept when they were told: a full disk is full for them, too. */
export interface LastWords {
  /** Keeps an end in the room that is left for it, or as soon as there is some, and returns it. */
  add(key: number, error: ErrorReply): ErrorReply
  /** Tries what could not be kept before. */
  keep(): void
}

export function createLastWords(store: Pick<JobStore, 'finishInReserve'>, now: () => number): LastWords {
  const unkept = new Map<number, ErrorReply>()
  const keep = (): void => {
    for (const [key, error] of unkept)
      try {
        store.finishInReserve(key, now(), { state: 'failed', error })
        unkept.delete(key)
      } catch {
        return
      }
  }
  return {
    keep,
    add: (key, error) => {
      unkept.set(key, error)
      keep()
      return error
    }
  }
}
