import { describe, expect, it } from 'vitest'
import type { DocumentView } from '../../../plugin/app/document-view.ts'
import { reduce } from '../../../plugin/app/reduce.ts'
import { defaultSettings } from '../../../plugin/app/settings.ts'
import { initialState, intentInForce, type AppEvent, type AppState } from '../../../plugin/app/state.ts'
import { job, request, result } from '../../support/panel.ts'

const corner = { x: 7, y: 7, width: 1, height: 1 }
const view = (change: Partial<DocumentView> = {}): DocumentView => ({
  id: 'document-1',
  name: 'Scene',
  canvas: { width: 8, height: 8 },
  selection: null,
  selectsEmpty: false,
  empty: null,
  isBlank: false,
  ...change
})
const after = (...events: readonly AppEvent[]): AppState =>
  events.reduce(reduce, initialState(defaultSettings))
const viewed: AppEvent = { type: 'document-viewed', document: view() }
const sent = (jobId: string, created = 1): AppEvent => ({
  type: 'job-sent',
  jobId,
  request: request(),
  created
})
const done = (jobId: string): AppEvent => ({
  type: 'job-spoken-of',
  message: { type: 'done', jobId, result: result() }
})
const online: AppEvent = {
  type: 'connection-changed',
  connection: { state: 'online', version: '0', device: 'cpu' }
}
const loaded = (...jobs: ReturnType<typeof job>[]): AppEvent => ({
  type: 'jobs-loaded',
  documentId: 'document-1',
  jobs,
  isAll: true
})

describe('a new result', () => {
  it('is laid out and shown by itself', () => {
    expect(after(viewed, sent('one'), done('one')).open).toMatchObject({
      jobId: 'one',
      variation: 0,
      isShown: true
    })
  })

  it('does not take the place of what a person chose', () => {
    const chosen: AppEvent = { type: 'variation-shown', shown: { jobId: 'one', variation: 1 } }
    const state = after(viewed, sent('one'), sent('two'), done('one'), chosen, done('two'))
    expect(state.open).toMatchObject({ jobId: 'one', variation: 1 })
  })

  it('takes it where it was asked for after the choice', () => {
    const chosen: AppEvent = { type: 'variation-shown', shown: { jobId: 'one', variation: 1 } }
    const state = after(viewed, sent('one'), done('one'), chosen, sent('two'), done('two'))
    expect(state.open).toMatchObject({ jobId: 'two', variation: 0 })
  })

  it('takes it once that was applied', () => {
    const chosen: AppEvent = { type: 'variation-shown', shown: { jobId: 'one', variation: 1 } }
    const applied: AppEvent = { type: 'applying-ended', isApplied: true }
    const state = after(viewed, sent('one'), done('one'), chosen, applied, sent('two'), done('two'))
    expect(state.open?.jobId).toBe('two')
  })

  it('of another document stays out of this one', () => {
    const other: AppEvent = {
      type: 'job-sent',
      jobId: 'one',
      request: request({ documentId: 'other' }),
      created: 1
    }
    expect(after(viewed, other, done('one')).open).toBeNull()
  })
})

describe('a reload', () => {
  it('lays out the newest result without showing it', () => {
    const state = after(viewed, loaded(job('old', { created: 1 }), job('new', { created: 2 })))
    expect(state.open).toMatchObject({ jobId: 'new', isShown: false })
    expect(state.jobs.map(({ id }) => id)).toEqual(['new', 'old'])
  })

  it('loses no job that was sent meanwhile', () => {
    expect(after(viewed, sent('one'), online, loaded()).jobs).toMatchObject([{ id: 'one', state: 'sending' }])
  })

  it('says so when the server has lost a job', () => {
    const queued: AppEvent = { type: 'job-spoken-of', message: { type: 'queued', jobId: 'one', position: 1 } }
    expect(after(viewed, sent('one'), queued, online, loaded()).jobs).toMatchObject([
      { id: 'one', state: 'failed' }
    ])
  })
})

describe('the intent', () => {
  const empty: AppEvent = { type: 'document-viewed', document: view({ empty: corner }) }
  const chose = (intent: 'generate' | 'refine' | 'expand'): AppEvent => ({
    type: 'settings-changed',
    change: { intent }
  })

  it('is what the document offers', () => {
    expect(intentInForce(after(viewed))).toBe('generate')
    expect(intentInForce(after(empty))).toBe('expand')
    expect(
      intentInForce(after({ type: 'document-viewed', document: view({ empty: corner, isBlank: true }) }))
    ).toBe('generate')
    const inside = view({ empty: corner, selection: { x: 0, y: 0, width: 2, height: 2 } })
    expect(intentInForce(after({ type: 'document-viewed', document: inside }))).toBe('generate')
  })

  it('is what a person chose, as long as the document offers the same', () => {
    expect(intentInForce(after(empty, chose('generate'), empty))).toBe('generate')
    expect(intentInForce(after(viewed, chose('generate'), empty))).toBe('expand')
    expect(intentInForce(after(empty, chose('expand'), viewed))).toBe('generate')
    expect(intentInForce(after(viewed, chose('refine'), empty))).toBe('expand')
    expect(intentInForce(after(empty, chose('refine'), viewed))).toBe('refine')
    expect(intentInForce(after(chose('refine'), empty))).toBe('refine')
  })
})

it('brings a discarded result back', () => {
  const discarded = after(viewed, sent('one'), done('one'), { type: 'discarded', jobId: 'one' })
  expect(discarded).toMatchObject({ open: null, lastDiscarded: 'one' })
  const back = reduce(discarded, { type: 'discard-undone', jobId: 'one' })
  expect(back).toMatchObject({ open: { jobId: 'one' }, lastDiscarded: null })
})
