import type { ErrorReply } from '#protocol/errors.ts'
import type { ServerMessage } from '#protocol/messages.ts'
import type { GenerateRequest } from '#protocol/request.ts'
import type { Job, JobResult } from '#protocol/results.ts'
import type { BridgeClient } from './bridge-client.ts'
import { CodedError } from './coded-error.ts'
import { newId } from './new-id.ts'

type MessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>

/** How a caller follows a job, and lets go of it. */
export interface Following {
  /** Of the caller's own making, unique among its jobs; the same id and request again follow the same job. */
  readonly jobId?: string
  /** Cancels the job; the promise rejects with the signal's reason once the server has let go. */
  readonly signal?: AbortSignal
  /** Its place among the jobs that wait; 1 is next. */
  readonly onQueued?: (position: number) => void
  readonly onProgress?: (progress: MessageOf<'progress'>) => void
  readonly onPreview?: (preview: MessageOf<'preview'>) => void
}

export interface FinishedJob {
  readonly jobId: string
  readonly result: JobResult
}

interface Followed {
  readonly request: GenerateRequest
  readonly following: Following
  readonly resolve: (finished: FinishedJob) => void
  readonly reject: (error: unknown) => void
}

type Client = Pick<BridgeClient, 'generate' | 'cancel' | 'job'>

/** The jobs whose end somebody waits for. */
export interface FollowedJobs {
  /** Sends a job. Resolves with what it leaves; rejects with CodedError, or with the signal's reason. */
  readonly follow: (client: Client, request: GenerateRequest, following: Following) => Promise<FinishedJob>
  readonly hear: (message: ServerMessage) => void
  /** After a connection was lost: jobs may have ended meanwhile, and nobody tells that twice. */
  readonly resume: (client: Client) => void
  /** Nobody will tell of them any more. */
  readonly abandon: (error: CodedError) => void
}

export function createFollowedJobs(): FollowedJobs {
  const followed = new Map<string, Followed>()

  const end = (jobId: string): Followed | undefined => {
    const job = followed.get(jobId)
    followed.delete(jobId)
    return job
  }
  const done = (jobId: string, result: JobResult): void => end(jobId)?.resolve({ jobId, result })
  const fail = (jobId: string, { code, message, hint }: ErrorReply): void =>
    end(jobId)?.reject(new CodedError(code, message, hint))
  const cancelled = (jobId: string): void => {
    const job = end(jobId)
    const signal = job?.following.signal
    job?.reject(signal?.aborted === true ? reasonOf(signal) : cancelledElsewhere())
  }

  const catchUp = (client: Client, { id, state, result, error }: Job): void => {
    if (state === 'done' && result !== null) done(id, result)
    else if (state === 'failed' && error !== null) fail(id, error)
    else if (state === 'cancelled') cancelled(id)
    else if (followed.get(id)?.following.signal?.aborted === true) client.cancel(id)
  }

  return {
    hear(message) {
      if (message.type === 'welcome' || message.jobId === undefined) return
      tell(message, followed.get(message.jobId)?.following ?? {})
      if (message.type === 'done') done(message.jobId, message.result)
      else if (message.type === 'cancelled') cancelled(message.jobId)
      else if (message.type === 'failed' || message.type === 'error') fail(message.jobId, message.error)
    },
    resume(client) {
      for (const [jobId, { request, following }] of followed)
        client.job(jobId).then(
          (job) => catchUp(client, job),
          (error: unknown) => {
            if (!(error instanceof CodedError && error.code === 'not-found')) return
            if (following.signal?.aborted === true) cancelled(jobId)
            else client.generate(jobId, request)
          }
        )
    },
    abandon(error) {
      for (const jobId of [...followed.keys()]) end(jobId)?.reject(error)
    },
    follow(client, request, following) {
      const { jobId = newId(), signal } = following
      if (signal?.aborted === true) return Promise.reject(reasonOf(signal))
      const cancel = (): void => client.cancel(jobId)
      return new Promise<FinishedJob>((resolve, reject) => {
        followed.set(jobId, { request, following, resolve, reject })
        signal?.addEventListener('abort', cancel)
        client.generate(jobId, request)
      }).finally(() => signal?.removeEventListener('abort', cancel))
    }
  }
}

function tell(message: ServerMessage, { onQueued, onProgress, onPreview }: Following): void {
  if (message.type === 'queued') onQueued?.(message.position)
  else if (message.type === 'progress') onProgress?.(message)
  else if (message.type === 'preview') onPreview?.(message)
}

const cancelledElsewhere = (): CodedError => new CodedError('cancelled', 'Somebody cancelled the job.')

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new Error('Aborted', { cause: reason })
