import { toErrorReply } from '../errors.ts'
import type { ErrorReply } from '../protocol/errors.ts'
import type { Outcome } from './job-store.ts'
import type { JobEvent, PreviewImage, Progress, RunJob, StoredJob } from './job.ts'
import type { Previews } from './previews.ts'
import { createProgress } from './progress.ts'

/** How a run ended; `cause` is what was thrown. An interrupted job is to be run again. */
export type RunEnd =
  | Exclude<Outcome, { state: 'failed' }>
  | { readonly state: 'failed'; readonly error: ErrorReply; readonly cause: unknown }
  | { readonly state: 'interrupted' }

/** A job while it runs. */
export interface Run {
  readonly stored: StoredJob
  /** Never rejects. */
  readonly ended: Promise<RunEnd>
  /** The person wants it no more: it ends as cancelled, even where its result comes first. */
  cancel(): void
  /** The server stops: it ends as interrupted, unless its result comes first. */
  interrupt(): void
  /** What its client was told, for those who come later. */
  standing(): readonly JobEvent[]
}

interface RunParts {
  readonly stored: StoredJob
  readonly runJob: RunJob
  readonly previews: Previews
  readonly now: () => number
  readonly emit: (event: JobEvent) => void
}

/** Least milliseconds between two previews of a variation: each is fetched on its own. */
const previewInterval = 200

export function createRun({ stored, runJob, previews, now, emit }: RunParts): Run {
  const { key, job } = stored
  const jobId = job.id
  const controller = new AbortController()
  const timed = createProgress(now)
  const shown = new Map<number, JobEvent>()
  let progressed: JobEvent | null = null
  let previewed = 0
  let cancelled = false

  const onProgress = (progress: Progress): void => {
    const news = timed(progress)
    if (news === null) return
    progressed = { type: 'progress', jobId, ...news }
    emit(progressed)
  }
  const onPreview = (preview: PreviewImage): void => {
    const { variation, area } = preview
    if (shown.has(variation) && now() - previewed < previewInterval) return
    previewed = now()
    const event: JobEvent = { type: 'preview', jobId, variation, area, image: previews.put(key, preview) }
    shown.set(variation, event)
    emit(event)
  }

  const perform = async (): Promise<RunEnd> => {
    try {
      const result = await runJob(job, { signal: controller.signal, onProgress, onPreview })
      return cancelled ? { state: 'cancelled' } : { state: 'done', result }
    } catch (error) {
      if (cancelled) return { state: 'cancelled' }
      if (controller.signal.aborted) return { state: 'interrupted' }
      return { state: 'failed', error: toErrorReply(error), cause: error }
    }
  }

  return {
    stored,
    ended: perform(),
    cancel: () => {
      cancelled = true
      controller.abort()
    },
    interrupt: () => controller.abort(),
    standing: () => [
      { type: 'started', jobId },
      ...(progressed === null ? [] : [progressed]),
      ...shown.values()
    ]
  }
}
