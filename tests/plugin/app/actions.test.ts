import { describe, expect, it } from 'vitest'
import { CodedError } from '../../../plugin/client/coded-error.ts'
import { createTestPanel, job, mask, request, result } from '../../support/panel.ts'

const opaque = mask('####', '####', '####', '####')
const withHole = mask('###.', '###.', '###.', '###.')

describe('generate', () => {
  it('sends what the document was at the press', async () => {
    const { actions, documentState, sent, uploaded, store } = await createTestPanel(opaque)
    documentState.selection = { bounds: { x: 1, y: 1, width: 2, height: 1 }, mask: mask('#+') }
    await actions.generate()
    expect(sent).toHaveLength(1)
    expect(sent[0]!.request).toMatchObject({
      mode: 'inpaint',
      model: 'filler',
      prompt: 'a red car',
      documentId: 'document-1',
      count: 3
    })
    expect(uploaded.map(({ ref }) => ref)).toEqual([sent[0]!.request.snapshot, sent[0]!.request.selection])
    expect([...uploaded[1]!.image.data]).toEqual([0, 0, 0, 0, 0, 255, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    expect(store.getState()).toMatchObject({ reading: 0, notice: null, jobs: [{ state: 'sending' }] })
  })

  it('queues another job when pressed again', async () => {
    const { actions, sent } = await createTestPanel(opaque)
    await Promise.all([actions.generate(), actions.generate()])
    expect(new Set(sent.map(({ jobId }) => jobId)).size).toBe(2)
  })

  it('draws a seed, shows it, and sends a locked one again', async () => {
    const { actions, sent, store } = await createTestPanel(opaque)
    await actions.generate()
    const { seed } = store.getState().settings
    expect(seed).toEqual({ value: sent[0]!.request.sampling.seed, locked: false })
    actions.change({ seed: { value: 42, locked: true } })
    await actions.generate()
    expect(sent[1]!.request.sampling.seed).toBe(42)
  })

  it('fills empty canvas when nobody chose otherwise', async () => {
    const { actions, sent, uploaded } = await createTestPanel(withHole)
    await actions.generate()
    expect(sent[0]!.request.mode).toBe('outpaint')
    expect([...uploaded[1]!.image.data]).toEqual([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
  })

  it.each([
    ['there is no document', 'No document is open', (panel: Panel) => (panel.documentState.document = null)],
    [
      'the selection is empty',
      'selects nothing',
      (panel: Panel) =>
        (panel.documentState.selection = { bounds: { x: 0, y: 0, width: 1, height: 1 }, mask: mask('.') })
    ],
    [
      'there is no connection',
      'no connection',
      (panel: Panel) =>
        panel.store.dispatch({
          type: 'connection-changed',
          connection: { state: 'offline', cause: 'not-running' }
        })
    ]
  ])('says so and sends nothing when %s', async (_case, words, arrange) => {
    const panel = await createTestPanel(opaque)
    arrange(panel)
    await panel.actions.generate()
    expect(panel.store.getState().notice?.message).toContain(words)
    expect(panel.store.getState()).toMatchObject({ reading: 0, jobs: [] })
    expect(panel.sent).toEqual([])
  })

  it('leaves a failed job, with its reason, when the pictures cannot be sent', async () => {
    const { actions, failures, store, sent } = await createTestPanel(withHole)
    failures.set('upload', new CodedError('disk-full', 'The disk is full.', 'Make room.'))
    await actions.generate()
    expect(store.getState().jobs).toMatchObject([
      { state: 'failed', error: { message: 'The disk is full.' } }
    ])
    expect(sent).toEqual([])
  })
})

describe('a finished job', () => {
  it('becomes one layer with its mask, named by the prompt, as often as liked', async () => {
    const { actions, documentState, store } = await finishedPanel()
    await actions.apply({ jobId: 'one', variation: 1 })
    await actions.apply({ jobId: 'one', variation: 1 })
    expect(documentState.inserted).toHaveLength(2)
    const { documentId, layers } = documentState.inserted[0]!
    expect(documentId).toBe('document-1')
    expect(layers).toHaveLength(1)
    expect(layers[0]).toMatchObject({ name: 'a red car', area: { x: 0, y: 0, width: 2, height: 1 } })
    expect([...layers[0]!.pixels.bands[0]!.data]).toEqual(Array(8).fill('b'.charCodeAt(0)))
    expect([...layers[0]!.mask!.data]).toEqual(Array(2).fill('c'.charCodeAt(0)))
    expect(store.getState()).toMatchObject({ isApplying: false, open: { jobId: 'one', isShown: false } })
  })

  it('is not applied to another document', async () => {
    const { actions, documentState, store } = await finishedPanel()
    documentState.document = { id: 'document-2', name: 'Other', canvas: { width: 4, height: 4 } }
    await actions.apply({ jobId: 'one', variation: 0 })
    expect(documentState.inserted).toEqual([])
    expect(store.getState().notice?.message).toBe('This result belongs to another document than “Other”.')
  })

  it('keeps its preview and says why when its pixels cannot be had', async () => {
    const { actions, documentState, failures, store } = await finishedPanel()
    actions.showVariation({ jobId: 'one', variation: 0 })
    failures.set('pixelBands', new CodedError('blob-missing', 'The picture is gone.'))
    await actions.apply({ jobId: 'one', variation: 0 })
    expect(documentState.inserted).toEqual([])
    expect(store.getState()).toMatchObject({
      isApplying: false,
      open: { isShown: true },
      notice: { message: 'The picture is gone.' }
    })
  })

  it('gives its depth map as a grey, opaque layer', async () => {
    const depth = { blob: 'd'.repeat(64), width: 2, height: 1, format: 'gray8' as const }
    const { actions, documentState, store } = await finishedPanel(result({ depth }))
    await actions.insertDepth('one')
    const [layer] = documentState.inserted[0]!.layers
    const grey = 'd'.charCodeAt(0)
    expect(layer).toMatchObject({ name: 'Depth map' })
    expect([...layer!.pixels.bands[0]!.data]).toEqual([grey, grey, grey, 255, grey, grey, grey, 255])
    expect(layer!.mask).toBeUndefined()
    expect(store.getState().open?.isShown).toBe(false)
  })

  it('is deleted some time after it was discarded, unless that is undone', async () => {
    const { actions, calls, runTimers, store } = await finishedPanel()
    actions.discard('one')
    actions.undoDiscard()
    runTimers()
    expect(calls).toEqual([])
    expect(store.getState().jobs).toMatchObject([{ isDiscarded: false }])
    actions.discard('one')
    expect(calls).toEqual([])
    runTimers()
    await Promise.resolve().then(() => {})
    expect(calls).toEqual(['remove one'])
    expect(store.getState()).toMatchObject({ jobs: [], lastDiscarded: null, open: null })
  })
})

describe('a result of before the canvas was cropped', () => {
  it('is put where it belongs now', async () => {
    const { actions, documentState, events, jobs } = await createTestPanel(opaque)
    jobs.set('one', job('one', { request: request({ origin: { x: 3, y: 0 } }) }))
    await events.loadJobs('document-1')
    documentState.document = { ...documentState.document!, origin: { x: 10, y: -4 } }
    await actions.apply({ jobId: 'one', variation: 0 })
    expect(documentState.inserted[0]!.layers[0]!.area).toEqual({ ...result().area, x: -7, y: 4 })
  })

  it('stays where it was in an editor that cannot tell', async () => {
    const { actions, documentState, events, jobs } = await createTestPanel(opaque)
    jobs.set('one', job('one', { request: request({ origin: { x: 3, y: 0 } }) }))
    await events.loadJobs('document-1')
    await actions.apply({ jobId: 'one', variation: 0 })
    expect(documentState.inserted[0]!.layers[0]!.area).toEqual(result().area)
  })
})

describe('a failure', () => {
  it('is deleted as soon as it is dismissed', async () => {
    const { actions, calls, events, jobs, store } = await createTestPanel(opaque)
    jobs.set('one', job('one', { state: 'failed', error: { code: 'engine-died', message: 'It died.' } }))
    await events.loadJobs('document-1')
    actions.discard('one')
    await Promise.resolve().then(() => {})
    expect(calls).toEqual(['remove one'])
    expect(store.getState()).toMatchObject({ jobs: [], lastDiscarded: null, notice: null })
  })

  it('does not come back where the server never had the job', async () => {
    const { actions, failures, store } = await createTestPanel(withHole)
    failures.set('upload', new CodedError('disk-full', 'The disk is full.'))
    failures.set('remove', new CodedError('not-found', 'There is no such job.'))
    await actions.generate()
    const [failed] = store.getState().jobs
    expect(failed).toMatchObject({ state: 'failed' })
    actions.discard(failed!.id)
    await Promise.resolve().then(() => {})
    expect(store.getState()).toMatchObject({ jobs: [], lastDiscarded: null, notice: null })
  })
})

describe('the queue', () => {
  it('cancels and moves the job that is meant', async () => {
    const { actions, calls, events, jobs, store } = await createTestPanel(opaque)
    jobs.set('one', job('one', { state: 'queued', position: 3 }))
    await events.loadJobs('document-1')
    actions.moveUp('one')
    actions.cancel('one')
    expect(calls).toEqual(['reorder one 2', 'cancel one'])
    expect(store.getState().jobs).toMatchObject([{ state: 'queued', isCancelling: true }])
    events.heard({ type: 'cancelled', jobId: 'one' })
    expect(store.getState().jobs).toMatchObject([{ state: 'cancelled', isCancelling: false }])
  })

  it('does not send a job that was cancelled while its pictures were sent', async () => {
    const { actions, sent, store } = await createTestPanel(withHole)
    const pressed = actions.generate()
    store.subscribe(({ jobs }) => {
      if (jobs[0]?.state === 'sending') actions.cancel(jobs[0].id)
    })
    await pressed
    expect(sent).toEqual([])
    expect(store.getState().jobs).toMatchObject([{ state: 'cancelled' }])
  })
})

describe('what the server says', () => {
  it('of a job that is not known, is kept until the job was fetched', async () => {
    const { events, jobs, store } = await createTestPanel(opaque)
    jobs.set('one', job('one', { state: 'queued', position: 1 }))
    events.heard({ type: 'started', jobId: 'one' })
    events.heard({ type: 'done', jobId: 'one', result: result() })
    await expect.poll(() => store.getState().jobs).toMatchObject([{ id: 'one', state: 'done' }])
  })

  it('against a job, fails it with the reason', async () => {
    const { actions, events, sent, store } = await createTestPanel(opaque)
    await actions.generate()
    const error = { code: 'model-missing' as const, message: 'No such model.', hint: 'Choose another.' }
    events.heard({ type: 'error', jobId: sent[0]!.jobId, error })
    expect(store.getState().jobs).toMatchObject([{ state: 'failed', error: { hint: 'Choose another.' } }])
  })

  it('about a message alone, is shown', async () => {
    const { events, store } = await createTestPanel(opaque)
    events.heard({ type: 'error', error: { code: 'bad-message', message: 'No.' } })
    expect(store.getState().notice?.message).toBe('No.')
  })
})

type Panel = Awaited<ReturnType<typeof createTestPanel>>

async function finishedPanel(finished = result()) {
  const panel = await createTestPanel(opaque)
  panel.jobs.set('one', job('one', { request: request(), result: finished }))
  await panel.events.loadJobs('document-1')
  return panel
}

it('what guides in the document goes along, its map sent like every picture', async () => {
  const panel = await createTestPanel(mask('##', '##'))
  const pixels = { width: 2, height: 2, data: new Uint8ClampedArray(16).fill(255) }
  const settings = { model: 'canny', weight: 0.8, start: 0, end: 0.5, mode: 'prompt' as const }
  panel.documentState.controls = [{ ...settings, pixels }]
  await panel.actions.generate()
  const [control] = panel.sent[0]!.request.controls ?? []
  expect(control).toMatchObject({ ...settings, image: { width: 2, height: 2, format: 'rgba8' } })
  expect(panel.uploaded.map(({ ref }) => ref.blob)).toContain(control?.image.blob)
})
