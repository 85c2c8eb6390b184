import type { Rect } from '../protocol/geometry.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { ServerMessage } from '../protocol/messages.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { Job, JobResult } from '../protocol/results.ts'

/** Which job, and whose. */
export interface JobName {
  /** Ours, unlike the id, which two clients may both have made. Rises with every new job. */
  readonly key: number
  readonly client: string
  readonly id: string
}

/** A job as it is kept: what its client sees, and what only the queue needs. */
export interface StoredJob extends JobName {
  /** How often it was started. */
  readonly attempts: number
  /** `position` is always null here: the queue knows it. */
  readonly job: Job
}

/** Whoever has the token of the printed link. */
export const owner = 'owner'

/** A client's name among those of all tokens: nobody has the jobs of a client of another token. */
export const clientKey = (holder: string, client: string): string =>
  holder === owner ? client : `${holder}/${client}`

/** The holder in a client's key; no client's own name has a slash. */
export function holderOf(key: string): string {
  const slash = key.indexOf('/')
  return slash < 0 ? owner : key.slice(0, slash)
}

/** What a client is told about a job. */
export type JobEvent = Exclude<ServerMessage, { type: 'welcome' } | { type: 'error' }>

/** How far a run is; steps count all variations together. */
export type Progress = Omit<Extract<JobEvent, { type: 'progress' }>, 'type' | 'jobId' | 'etaSeconds'>

/** A rough look at a variation: `rgba8` bytes of `width` × `height`, to be stretched over `area`. */
export interface PreviewImage {
  readonly variation: number
  readonly area: Rect
  readonly width: number
  readonly height: number
  readonly bytes: Uint8Array
}

/** What a run is given beside the job. */
export interface Stage {
  /** Aborted when the job is cancelled or the server stops; the run then rejects as soon as it can. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  readonly onPreview: (preview: PreviewImage) => void
}

/**
 * Makes a job's result. All blobs that the result names are on disk when it resolves.
 * Rejects with AppError 'engine-died' where trying once more may help.
 */
export type RunJob = (job: Job, stage: Stage) => Promise<JobResult>

/** Every image that a request names. */
export function imagesSent({
  snapshot,
  selection,
  depth,
  controls = []
}: GenerateRequest): readonly ImageRef[] {
  const maps = controls.flatMap(({ image, mask }) => [image, mask])
  return [snapshot, selection, depth, ...maps].filter((image) => image !== undefined)
}

/** Every image that a result names. */
export const imagesMade = ({ mask, depth, variations }: JobResult): readonly ImageRef[] =>
  [mask, depth, ...variations.map(({ pixels }) => pixels)].filter((image) => image !== undefined)

/** The last word on a finished job, or null while it is unfinished. */
export function finalEvent({ id, state, result, error }: Job): JobEvent | null {
  if (state === 'done' && result !== null) return { type: 'done', jobId: id, result }
  if (state === 'failed' && error !== null) return { type: 'failed', jobId: id, error }
  return state === 'cancelled' ? { type: 'cancelled', jobId: id } : null
}
