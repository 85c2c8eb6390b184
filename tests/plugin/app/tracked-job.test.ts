import { describe, expect, it } from 'vitest'
import {
  advanced,
  isFinished,
  joined,
  sendingJob,
  type JobMessage,
  type TrackedJob
} from '../../../plugin/app/tracked-job.ts'
import { job, request, result } from '../../support/panel.ts'

const jobId = 'job-00000001'
const fresh = sendingJob(jobId, request(), 1000)
const progress = (step: number): JobMessage => ({
  type: 'progress',
  jobId,
  phase: 'sampling',
  variation: 0,
  variations: 1,
  step,
  steps: 20,
  etaSeconds: null
})
const messages: readonly JobMessage[] = [
  { type: 'queued', jobId, position: 2 },
  { type: 'started', jobId },
  progress(3),
  progress(1),
  { type: 'done', jobId, result: result() },
  { type: 'failed', jobId, error: { code: 'internal', message: 'No.' } },
  { type: 'cancelled', jobId }
]
const rank = ({ state }: TrackedJob) =>
  ({ sending: 0, queued: 1, running: 2, done: 3, failed: 3, cancelled: 3 })[state]

/** Every order in which three of the messages can come. */
const threes = messages.flatMap((a) => messages.flatMap((b) => messages.map((c) => [a, b, c])))

describe('a job', () => {
  it('never moves backwards, whatever comes late', () => {
    for (const order of threes) {
      let known = fresh
      for (const message of order) {
        const next = advanced(known, message)
        expect(rank(next), order.map(({ type }) => type).join(' → ')).toBeGreaterThanOrEqual(rank(known))
        known = next
      }
    }
  })

  it('stays as it ended', () => {
    for (const end of messages.slice(4))
      for (const late of messages) {
        const ended = advanced(fresh, end)
        expect(isFinished(ended)).toBe(true)
        expect(advanced(ended, late)).toBe(ended)
      }
  })

  it('does not count its steps backwards, but begins anew when it is started anew', () => {
    const third = [messages[1]!, progress(3), progress(2)].reduce(advanced, fresh)
    expect(third.progress?.step).toBe(3)
    expect(advanced(third, { type: 'started', jobId }).progress).toBeNull()
  })

  it('keeps nothing of its way when it has ended', () => {
    const running = [messages[1]!, progress(3)].reduce(advanced, { ...fresh, isCancelling: true })
    const done = advanced(running, messages[4]!)
    expect(done).toMatchObject({ progress: null, preview: null, position: null, isCancelling: false })
  })
})

describe('a listed job', () => {
  it('joins what is known, whichever is further on', () => {
    const running = advanced(fresh, { type: 'started', jobId })
    expect(joined(running, job(jobId, { state: 'queued', position: 1 })).state).toBe('running')
    expect(joined(running, job(jobId)).state).toBe('done')
    expect(joined(undefined, job(jobId)).state).toBe('done')
  })

  it('stays out of sight once it was discarded', () => {
    const discarded = { ...advanced(fresh, messages[4]!), isDiscarded: true }
    expect(joined(discarded, job(jobId)).isDiscarded).toBe(true)
  })
})
