import { AppError } from '../errors.ts'

/**
 * One piece of work after the other, in the order in which they come. Rejects with the signal's reason as soon as it is aborted:
 * what still waits is never begun, what runs must end by itself before the next begins.
 */
export type InTurn = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>

/** Throws AppError 'too-many' where more than `most` wait. */
export function createTurns(most: number): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  return (work, signal) => {
    signal.throwIfAborted()
    if (waiting >= most)
      throw new AppError('too-many', {
        message: `${waiting} others wait already.`,
        hint: 'Wait a moment, and ask again.'
      })
    waiting++
    const waits = new AbortController()
    waits.signal.addEventListener('abort', () => waiting--)
    signal.addEventListener('abort', () => waits.abort(), { signal: waits.signal })
    const turn = last.then(() => {
      waits.abort()
      signal.throwIfAborted()
      return work()
    })
    last = turn.catch(() => undefined)
    return unlessAborted(turn, signal)
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    const stop = (): void =>
      reject(signal.reason instanceof Error ? signal.reason : new Error('Aborted', { cause: signal.reason }))
    signal.addEventListener('abort', stop, { signal: over.signal })
  })
  return Promise.race([work, aborted]).finally(() => over.abort())
}
