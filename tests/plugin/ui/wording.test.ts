import { describe, expect, it } from 'vitest'
import type { DocumentView } from '../../../plugin/app/document-view.ts'
import { joined, sendingJob, type TrackedJob } from '../../../plugin/app/tracked-job.ts'
import {
  announcement,
  durationWords,
  jobWords,
  pressWords,
  requestWords,
  stepWords
} from '../../../plugin/ui/wording.ts'
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

describe('what a press will do', () => {
  const view = (change: Partial<DocumentView>): DocumentView => ({
    ...{ id: 'document-1', name: 'Scene', canvas: { width: 640, height: 480 }, selection: null },
    ...{ selectsEmpty: false, empty: null, isBlank: false },
    ...change
  })
  const selection = { x: 1, y: 2, width: 30, height: 20 }
  const area = { x: 0, y: 0, width: 100, height: 90 }

  it.each([
    ['generate', {}, 'A new picture, 640 × 480'],
    ['generate', { area }, 'A new picture in the area, 100 × 90'],
    ['generate', { area, selection }, 'Fills the selection, 30 × 20'],
    ['add', { area }, 'Select a place first'],
    ['upscale', {}, 'Makes a larger picture of the whole one'],
    ['upscale', { selection }, 'Makes a larger picture of the selection, 30 × 20'],
    ['upscale', { area, selection }, 'Makes a larger picture of the area, 100 × 90']
  ] as const)('to %s with %j is said with its size', (intent, change, words) => {
    expect(pressWords(intent, view(change))).toBe(words)
  })

  it('is what a job is called where it has no prompt', () => {
    expect(requestWords(request({ prompt: ' ' }))).toBe('No prompt')
    const upscale = { upscaler: 'lanczos', factor: 2.5 }
    expect(requestWords(request({ prompt: '', upscale }))).toBe('Upscale 2.5×')
    expect(requestWords(request({ upscale }))).toBe('Upscale 2.5×, a red car')
  })
})
