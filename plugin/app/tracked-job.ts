import type { Rect } from '#protocol/geometry.ts'
import type { ImageRef } from '#protocol/images.ts'
import type { Phase, ServerMessage } from '#protocol/messages.ts'
import type { GenerateRequest } from '#protocol/request.ts'
import type { Job, JobResult, JobState } from '#protocol/results.ts'
import type { Notice } from './notice.ts'

export interface JobProgress {
  readonly phase: Phase
  readonly variation: number
  readonly variations: number
  readonly step: number
  readonly steps: number
  readonly etaSeconds: number | null
}

/** A job as the panel sees it: the server's, before and after it. Times are milliseconds since 1970. */
export interface TrackedJob {
  readonly id: string
  /** `sending`: the server has not spoken of it yet. */
  readonly state: 'sending' | JobState
  readonly request: GenerateRequest
  readonly created: number
  /** 1 is next; null while unknown, and when it no longer waits. */
  readonly position: number | null
  readonly progress: JobProgress | null
  /** The latest look at what is being made. */
  readonly preview: { readonly area: Rect; readonly image: ImageRef } | null
  readonly result: JobResult | null
  readonly error: Notice | null
  /** Cancel was pressed and the server has not answered yet. */
  readonly isCancelling: boolean
  /** Out of sight; until it is deleted it can come back. */
  readonly isDiscarded: boolean
}

/** A message about one job. */
export type JobMessage = Exclude<ServerMessage, { type: 'welcome' | 'error' }>

export const sendingJob = (id: string, request: GenerateRequest, created: number): TrackedJob => ({
  id,
  state: 'sending',
  request,
  created,
  position: null,
  progress: null,
  preview: null,
  result: null,
  error: null,
  isCancelling: false,
  isDiscarded: false
})

const order: Readonly<Record<TrackedJob['state'], number>> = {
  sending: 0,
  queued: 1,
  running: 2,
  done: 3,
  failed: 3,
  cancelled: 3
}

export const isFinished = ({ state }: TrackedJob): boolean => order[state] === 3

/** The job after a message about it. Messages may come late or twice: none moves a job backwards, and an end is final. */
export function advanced(job: TrackedJob, message: JobMessage): TrackedJob {
  if (isFinished(job)) return job
  switch (message.type) {
    case 'queued':
      return job.state === 'running' ? job : { ...job, state: 'queued', position: message.position }
    case 'started':
      // Also said when the engine begins anew, with none of its steps done.
      return { ...job, state: 'running', position: null, progress: null, preview: null }
    case 'progress':
      return { ...job, state: 'running', position: null, progress: laterProgress(job.progress, message) }
    case 'preview': {
      const { area, image } = message
      return { ...job, state: 'running', position: null, preview: { area, image } }
    }
    case 'done':
      return ended({ ...job, state: 'done', result: message.result })
    case 'failed':
      return ended({ ...job, state: 'failed', error: message.error })
    case 'cancelled':
      return ended({ ...job, state: 'cancelled' })
  }
}

/** What is known of a job joined with what the server lists; whichever is further on wins. */
export function joined(known: TrackedJob | undefined, job: Job): TrackedJob {
  const { id, state, request, created, position, result, error } = job
  const listed = { ...sendingJob(id, request, created), state, position, result, error }
  if (known === undefined) return listed
  if (order[known.state] > order[state] || isFinished(known)) return known
  if (isFinished(listed)) return { ...listed, isDiscarded: known.isDiscarded }
  return { ...known, state, position, created }
}

/** A new connection: the server will say anew where the job stands, which may be further back after it was started anew. */
export const unsettled = (job: TrackedJob): TrackedJob =>
  isFinished(job) || job.state === 'sending'
    ? job
    : { ...job, state: 'queued', position: null, progress: null, preview: null, isCancelling: false }

const ended = (job: TrackedJob): TrackedJob => ({
  ...job,
  position: null,
  progress: null,
  preview: null,
  isCancelling: false
})

function laterProgress(known: JobProgress | null, message: JobProgress): JobProgress {
  const { phase, variation, variations, step, steps, etaSeconds } = message
  if (known !== null && step < known.step) return known
  return { phase, variation, variations, step, steps, etaSeconds }
}
