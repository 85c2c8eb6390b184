import { describe, expect, it } from 'vitest'
import { joined, sendingJob, type TrackedJob } from '../../../plugin/app/tracked-job.ts'
import { announcement, durationWords, jobWords, stepWords } from '../../../plugin/ui/wording.ts'
import { job, request } from '../../support/panel.ts'

const progress = {
  phase: 'sampling' as const,
  variation: 0,
  variations: 1,
  step: 3,
  steps: 60,
  etaSeconds: 12.4
}
const running = (step: number): TrackedJob => ({
  ...sendingJob('one', request(), 1),
  state: 'running',
  progress: { ...progress, step }
})

it.each([
  [0.2, '1 s'],
  [59.4, '59 s'],
  [61, '1 min 1 s'],
  [3600, '1 h 0 min'],
  [7380, '2 h 3 min']
])('says %d seconds as %s', (seconds, words) => {
  expect(durationWords(seconds)).toBe(words)
})

it('says the place in the queue, the step and the time left', () => {
  expect(jobWords(joined(undefined, job('one', { state: 'queued', position: 2 })))).toBe('Waiting, place 2')
  expect(jobWords(running(3))).toBe('Sampling')
  expect(stepWords(progress)).toBe('Step 3 of 60 · 12 s left')
  expect(stepWords({ ...progress, etaSeconds: null })).toBe('Step 3 of 60')
  expect(stepWords({ ...progress, phase: 'loading', step: 0, steps: 0, etaSeconds: null })).toBe('')
})

describe('what a screen reader hears', () => {
  it('changes with each quarter of the way, not with each step', () => {
    const heard = new Set(Array.from({ length: 60 }, (_, step) => announcement([running(step)], 0)))
    expect([...heard]).toEqual([
      'Sampling, 0 percent.',
      'Sampling, 25 percent.',
      'Sampling, 50 percent.',
      'Sampling, 75 percent.'
    ])
  })

  it('tells a failure with its reason, and a result', () => {
    const failed: TrackedJob = {
      ...sendingJob('one', request(), 1),
      state: 'failed',
      error: { message: 'No room.' }
    }
    expect(announcement([failed], 0)).toBe('Failed: No room.')
    expect(announcement([], 3)).toBe('Result ready, variations: 3.')
    expect(announcement([], 0)).toBe('')
  })
})
