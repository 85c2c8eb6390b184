import { toNotice, type Notice } from './notice.ts'
import type { AppState, JobEvent, OpenResult } from './state.ts'
import { advanced, isFinished, joined, sendingJob, type JobMessage, type TrackedJob } from './tracked-job.ts'

/** The state after something happened to a job or a result. Pure. */
export function reduceJobs(state: AppState, event: JobEvent): AppState {
  switch (event.type) {
    case 'job-sent': {
      const jobs = [sendingJob(event.jobId, event.request, event.created), ...state.jobs]
      // Who asks for something new wants to see it, whatever they looked at before.
      return { ...state, jobs, open: state.open === null ? null : { ...state.open, byHand: false } }
    }
    case 'job-failed-here':
      return changed(state, event.jobId, (job) =>
        isFinished(job) ? job : { ...job, state: 'failed', error: toNotice(event.error) }
      )
    case 'job-cancelled-here':
      return changed(state, event.jobId, (job) => (isFinished(job) ? job : { ...job, state: 'cancelled' }))
    case 'cancel-pressed':
      return changed(state, event.jobId, (job) => (isFinished(job) ? job : { ...job, isCancelling: true }))
    case 'jobs-loaded':
      return loaded(state, event)
    case 'job-spoken-of':
      return spokenOf(state, event.message)
    case 'discarded': {
      const next = changed(state, event.jobId, (job) => ({ ...job, isDiscarded: true }))
      return { ...withoutSight(next, event.jobId), lastDiscarded: event.jobId }
    }
    case 'discard-undone': {
      const next = changed(state, event.jobId, (job) => ({ ...job, isDiscarded: false }))
      const { lastDiscarded } = state
      return {
        ...next,
        lastDiscarded: lastDiscarded === event.jobId ? null : lastDiscarded,
        open: laidOut(event.jobId)
      }
    }
    case 'removed': {
      const next = { ...state, jobs: state.jobs.filter(({ id }) => id !== event.jobId) }
      return withoutSight(next, event.jobId)
    }
  }
}

function spokenOf(state: AppState, message: JobMessage): AppState {
  const before = state.jobs.find(({ id }) => id === message.jobId)
  const next = changed(state, message.jobId, (job) => advanced(job, message))
  const isNews = message.type === 'done' && before !== undefined && !isFinished(before)
  if (!isNews || state.open?.byHand === true || before.request.documentId !== state.document?.id) return next
  return { ...next, open: { ...laidOut(message.jobId), isShown: true } }
}

/** What the server lists joins what is known. The newest result lies open after a reload, so that nobody has to look for it. */
function loaded(state: AppState, event: Extract<JobEvent, { readonly type: 'jobs-loaded' }>): AppState {
  const listed = new Set(event.jobs.map(({ id }) => id))
  const isLost = (job: TrackedJob) =>
    event.isAll &&
    job.request.documentId === event.documentId &&
    // Since the connection came back nobody has spoken of it.
    job.state === 'queued' &&
    job.position === null &&
    !listed.has(job.id)
  const byId = new Map(
    state.jobs.map((job) => [job.id, isLost(job) ? { ...job, state: 'failed' as const, error: lost } : job])
  )
  for (const job of event.jobs) byId.set(job.id, joined(byId.get(job.id), job))
  const jobs = [...byId.values()].sort((a, b) => b.created - a.created)
  const newest = jobs.find((job) => isResultOf(job, event.documentId))
  return { ...state, jobs, open: state.open ?? (newest === undefined ? null : laidOut(newest.id)) }
}

const lost: Notice = {
  message: 'The server no longer knows this job.',
  hint: 'Its data folder may have been emptied. Generate again.'
}

const isResultOf = (job: TrackedJob, documentId: string): boolean =>
  job.state === 'done' && !job.isDiscarded && job.request.documentId === documentId

function changed(state: AppState, jobId: string, change: (job: TrackedJob) => TrackedJob): AppState {
  return { ...state, jobs: state.jobs.map((job) => (job.id === jobId ? change(job) : job)) }
}

function withoutSight(state: AppState, jobId: string): AppState {
  return {
    ...state,
    open: state.open?.jobId === jobId ? null : state.open,
    lastDiscarded: state.lastDiscarded === jobId ? null : state.lastDiscarded
  }
}

const laidOut = (jobId: string): OpenResult => ({ jobId, variation: 0, isShown: false, byHand: false })
