import { randomUUID } from 'node:crypto'
import { fromErrorReply } from '../errors.ts'
import type { JobEvent } from '../jobs/job.ts'
import type { Queue } from '../jobs/queue.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { JobResult } from '../protocol/results.ts'

type Told<Type extends JobEvent['type']> = Extract<JobEvent, { type: Type }>

/** One request of a client while its jobs are made. */
export interface Turn {
  /** What the client calls it, or we. */
  readonly taskId: string
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

export interface Wanted {
  readonly client: string
  readonly requests: readonly GenerateRequest[]
  readonly signal: AbortSignal
  /** Empty where the client gives none. */
  readonly taskId: string
}

/** Names of answered requests that are remembered. */
const remembered = 256

export interface Runs {
  /**
   * Makes jobs one after the other; null for one that was skipped or interrupted. Rejects with the AppError of the first that
   * fails, and with the signal's reason.
   */
  make(wanted: Wanted): Promise<readonly (JobResult | null)[]>
  /** The client's requests that are not answered, oldest first. */
  turns(client: string): readonly Turn[]
  /** Whether a request of this name was answered lately. */
  hasEnded(client: string, taskId: string): boolean
  /** Ends the current job, and with `interrupt` all that come after it. */
  skip(client: string): void
  interrupt(client: string): void
}

export function createRuns(queue: Queue): Runs {
  const turns = new Map<string, Turn[]>()
  const ended = new Set<string>()
  const remember = (client: string, taskId: string): void => {
    ended.add(`${client} ${taskId}`)
    const [oldest] = ended
    if (ended.size > remembered && oldest !== undefined) ended.delete(oldest)
  }
  const end = (client: string, mark: 'skipped' | 'interrupted'): void => {
    const turn = turns.get(client)?.[0]
    if (turn === undefined) return
    turn[mark] = true
    if (turn.jobId !== '') queue.cancel(client, turn.jobId)
  }
  return {
    turns: (client) => turns.get(client) ?? [],
    hasEnded: (client, taskId) => ended.has(`${client} ${taskId}`),
    skip: (client) => end(client, 'skipped'),
    interrupt: (client) => end(client, 'interrupted'),
    async make({ client, requests, signal, taskId }) {
      const turn: Turn = {
        taskId: taskId === '' ? `task(${randomUUID()})` : taskId,
        ...{ started: Date.now(), jobs: requests.length, job: 0, jobId: '' },
        ...{ progress: null, preview: null, skipped: false, interrupted: false }
      }
      turns.set(client, [...(turns.get(client) ?? []), turn])
      try {
        const results: (JobResult | null)[] = []
        for (const [index, request] of requests.entries()) {
          signal.throwIfAborted()
          Object.assign(turn, {
            ...{ job: index, jobId: `sdapi-${randomUUID()}`, progress: null, preview: null },
            // It was the job before that was skipped.
            skipped: false
          })
          results.push(turn.interrupted ? null : await made(queue, { client, request, signal, turn }))
        }
        return results
      } finally {
        const left = (turns.get(client) ?? []).filter((other) => other !== turn)
        if (left.length > 0) turns.set(client, left)
        else turns.delete(client)
        remember(client, turn.taskId)
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
