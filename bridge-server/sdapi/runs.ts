import { randomUUID } from 'node:crypto'
import { fromErrorReply } from '../errors.ts'
import type { JobEvent } from '../jobs/job.ts'
import type { Queue } from '../jobs/queue.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { JobResult } from '../protocol/results.ts'

type Told<Type extends JobEvent['type']> = Extract<JobEvent, { type: Type }>

/** One request of a client while its jobs are made. */
export interface Turn {
  readonly started: number
  readonly jobs: number
  /** 0-based job that is being made, and its id. */
  job: number
  jobId: string
  progress: Told<'progress'> | null
  preview: Told<'preview'> | null
  skipped: boolean
  interrupted: boolean
}

export interface Runs {
  /**
   * Makes jobs one after the other; null for one that was skipped or interrupted. Rejects with the AppError of the first that
   * fails, and with the signal's reason.
   */
  make(
    client: string,
    requests: readonly GenerateRequest[],
    signal: AbortSignal
  ): Promise<readonly (JobResult | null)[]>
  /** The client's oldest request that is not answered. */
  current(client: string): Turn | null
  /** Ends the current job, and with `interrupt` all that come after it. */
  skip(client: string): void
  interrupt(client: string): void
}

export function createRuns(queue: Queue): Runs {
  const turns = new Map<string, Turn[]>()
  const current = (client: string): Turn | null => turns.get(client)?.[0] ?? null
  const end = (client: string, mark: 'skipped' | 'interrupted'): void => {
    const turn = current(client)
    if (turn === null) return
    turn[mark] = true
    if (turn.jobId !== '') queue.cancel(client, turn.jobId)
  }
  return {
    current,
    skip: (client) => end(client, 'skipped'),
    interrupt: (client) => end(client, 'interrupted'),
    async make(client, requests, signal) {
      const turn: Turn = {
        ...{ started: Date.now(), jobs: requests.length, job: 0, jobId: '' },
        ...{ progress: null, preview: null, skipped: false, interrupted: false }
      }
      turns.set(client, [...(turns.get(client) ?? []), turn])
      try {
        const results: (JobResult | null)[] = []
        for (const [index, request] of requests.entries()) {
          signal.throwIfAborted()
          Object.assign(turn, { job: index, jobId: `sdapi-${randomUUID()}`, progress: null, preview: null })
          results.push(turn.interrupted ? null : await made(queue, { client, request, signal, turn }))
        }
        return results
      } finally {
        const left = (turns.get(client) ?? []).filter((other) => other !== turn)
        if (left.length > 0) turns.set(client, left)
        else turns.delete(client)
      }
    }
  }
}

interface Making {
  readonly client: string
  readonly request: GenerateRequest
  readonly signal: AbortSignal
  readonly turn: Turn
}

function made(queue: Queue, { client, request, signal, turn }: Making): Promise<JobResult | null> {
  const id = turn.jobId
  const over = new AbortController()
  const ended = new Promise<JobResult | null>((resolve, reject) => {
    const stop = queue.listen(client, (event) => {
      if (event.jobId !== id) return
      if (event.type === 'progress') turn.progress = event
      if (event.type === 'preview') turn.preview = event
      if (event.type === 'done') resolve(event.result)
      if (event.type === 'failed') reject(fromErrorReply(event.error))
      if (event.type !== 'cancelled') return
      if (signal.aborted) reject(new Error('The client has gone', { cause: signal.reason }))
      else resolve(null)
    })
    over.signal.addEventListener('abort', stop)
    signal.addEventListener('abort', () => queue.cancel(client, id), { signal: over.signal })
    queue.submit(client, id, request)
  })
  return ended.finally(() => over.abort())
}
