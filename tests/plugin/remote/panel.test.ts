import { describe, expect, it } from 'vitest'
import { defaultSettings } from '../../../plugin/app/settings.ts'
import type { AppState } from '../../../plugin/app/state.ts'
import { createAppStore } from '../../../plugin/app/store.ts'
import { sendingJob, type TrackedJob } from '../../../plugin/app/tracked-job.ts'
import { CodedError } from '../../../plugin/client/coded-error.ts'
import { createJoiner, framesOf, MAX_TEXT, type Frame } from '../../../plugin/remote/frames.ts'
import { createPanelClient } from '../../../plugin/remote/panel-client.ts'
import { createPanelServer } from '../../../plugin/remote/panel-server.ts'
import { changedBy, changeOf } from '../../../plugin/remote/state-change.ts'
import { aRequest } from '../../support/bridge.ts'

describe('frames', () => {
  it('put together again are the message, whatever its length', () => {
    for (const length of [0, 1, MAX_TEXT - 20, MAX_TEXT, 3 * MAX_TEXT + 1]) {
      const join = createJoiner()
      const message = { text: '“ä”'.repeat(length / 3) }
      const frames = framesOf(message)
      const joined = frames.map((frame) => join(JSON.parse(JSON.stringify(frame))))
      expect(joined.at(-1)).toEqual(message)
      expect(joined.slice(0, -1).every((early) => early === null)).toBe(true)
      for (const frame of frames) expect(frame.text.length).toBeLessThanOrEqual(MAX_TEXT)
    }
  })

  it('of a message that was cut short are dropped, and what is no frame is ignored', () => {
    const join = createJoiner()
    const [first] = framesOf({ text: 'x'.repeat(MAX_TEXT + 5) })
    expect(join(first)).toBeNull()
    expect(join('hello')).toBeNull()
    expect(join({ frame: 0, of: 1, text: '{"broken' })).toBeNull()
    expect(join(framesOf({ whole: true })[0])).toEqual({ whole: true })
  })
})

const job = (id: string): TrackedJob => sendingJob(id, aRequest(), 0)

describe('changes of the state', () => {
  const store = createAppStore(defaultSettings)
  const start = store.getState()
  const a = job('a')
  const states: readonly AppState[] = [
    start,
    { ...start, jobs: [a] },
    { ...start, jobs: [job('b'), a], reading: 1 },
    { ...start, jobs: [a, job('b')] },
    { ...start, jobs: [{ ...a, isCancelling: true }], notice: { message: 'x' } },
    { ...start, jobs: [] }
  ]

  it('made and undone give the same state, from any state to any other, over JSON', () => {
    for (const before of [null, ...states])
      for (const after of states) {
        const change = changeOf(before, after)
        if (change === null) expect(after).toEqual(before)
        else {
          const sent = JSON.parse(JSON.stringify(change)) as typeof change
          const base = before ?? { ...start, jobs: [] }
          expect(changedBy(base, sent)).toEqual(after)
        }
      }
  })

  it('name only the jobs that changed', () => {
    const change = changeOf(
      { ...start, jobs: [a, job('b')] },
      { ...start, jobs: [a, { ...job('b'), isCancelling: true }] }
    )
    expect(change?.jobs.map(({ id }) => id)).toEqual(['b'])
    expect(change?.order).toBeNull()
    expect(change?.part).toEqual({})
  })
})

/** Server and client, joined as a webview joins them; both directions can be cut. */
function joined(options: { readonly loses?: (frame: Frame) => boolean } = {}) {
  const store = createAppStore(defaultSettings)
  const calls: unknown[][] = []
  const note =
    (name: string) =>
    (...given: unknown[]) =>
      void calls.push([name, ...given])
  const noted =
    (name: string) =>
    (...given: unknown[]) => {
      calls.push([name, ...given])
      return Promise.resolve()
    }
  let isDeaf = false
  let heard = 0
  const later = (milliseconds: number, action: () => void) => {
    const timer = setTimeout(action, milliseconds / 100)
    return () => clearTimeout(timer)
  }
  let page: ReturnType<typeof createPanelClient> | null = null
  const server = createPanelServer({
    store,
    later,
    theme: () => 'light',
    actions: {
      connect: note('connect'),
      change: (change) => store.dispatch({ type: 'settings-changed', change }),
      generate: noted('generate'),
      cancel: note('cancel'),
      moveUp: note('moveUp'),
      showVariation: note('showVariation'),
      hidePreview: note('hidePreview'),
      apply: noted('apply'),
      insertDepth: noted('insertDepth'),
      discard: note('discard'),
      undoDiscard: note('undoDiscard'),
      recall: noted('recall'),
      offerSettings: note('offerSettings'),
      takeOffered: note('takeOffered'),
      dismissOffered: note('dismissOffered'),
      refreshModels: noted('refreshModels'),
      openDownloads: note('openDownloads'),
      closeDownloads: note('closeDownloads'),
      refreshDownloads: noted('refreshDownloads'),
      stepDownload: noted('stepDownload'),
      chooseForModel: noted('chooseForModel'),
      refreshStatus: noted('refreshStatus'),
      revokeToken: noted('revokeToken'),
      addFolder: noted('addFolder'),
      removeFolder: noted('removeFolder'),
      dismissNotice: () => store.dispatch({ type: 'noticed', notice: null })
    },
    services: {
      thumbnail: (jobId, image) => Promise.resolve(`data:${jobId}/${image.blob}`),
      extensionPicture: (id) => Promise.resolve(`data:beside ${id}`),
      pair: () => Promise.reject(new CodedError('unauthorized', 'That is not the code.', 'Look again.')),
      diagnose: () => new Promise(() => {}),
      copy: noted('copy'),
      paste: () => Promise.resolve('pasted')
    },
    post(frame) {
      heard++
      if (options.loses?.(frame) !== true)
        setTimeout(() => page?.received(JSON.parse(JSON.stringify(frame))), 0)
    }
  })
  const open = (name: string) => {
    page = createPanelClient({
      page: name,
      later,
      post: (frame) => setTimeout(() => !isDeaf && server.received(JSON.parse(JSON.stringify(frame))), 0)
    })
    page.start()
    return page
  }
  return { store, calls, open, server, deafen: (deaf: boolean) => (isDeaf = deaf), heard: () => heard }
}

/** Waits in turns of the loop rather than by the clock, which goes on while a busy machine does not. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('a panel in another process', () => {
  it('shows what the state is, and follows it', async () => {
    const { store, open } = joined()
    const page = open('one')
    store.dispatch({ type: 'settings-changed', change: { prompt: 'a car' } })
    store.dispatch({ type: 'job-sent', jobId: 'job-1', request: aRequest(), created: 5 })
    await settled()
    expect(page.store.getState()).toEqual(store.getState())
    expect(page.theme.getState()).toBe('light')
    store.dispatch({ type: 'cancel-pressed', jobId: 'job-1' })
    store.dispatch({ type: 'noticed', notice: { message: 'something' } })
    await settled()
    expect(page.store.getState()).toEqual(store.getState())
  })

  it('shows typing at once, in order, and ends with what was typed last', async () => {
    const { store, open } = joined()
    const page = open('one')
    await settled()
    for (const prompt of ['a', 'a ', 'a c', 'a ca', 'a car']) {
      page.actions.change({ prompt })
      expect(page.store.getState().settings.prompt).toBe(prompt)
      await new Promise((resolve) => setTimeout(resolve, 0))
      expect(page.store.getState().settings.prompt).toBe(prompt)
    }
    await settled()
    expect(store.getState().settings.prompt).toBe('a car')
    expect(page.store.getState().settings.prompt).toBe('a car')
  })

  it('recovers where a message was lost', async () => {
    let lose = false
    const { store, open } = joined({ loses: () => lose })
    const page = open('one')
    await settled()
    lose = true
    store.dispatch({ type: 'settings-changed', change: { prompt: 'lost' } })
    await settled()
    expect(page.store.getState().settings.prompt).toBe('')
    lose = false
    store.dispatch({ type: 'settings-changed', change: { steps: 7 } })
    await settled()
    expect(page.store.getState()).toEqual(store.getState())
  })

  it('loaded anew has everything, and nothing meant for the old page', async () => {
    const { store, open, calls } = joined()
    const first = open('one')
    await settled()
    store.dispatch({ type: 'job-sent', jobId: 'job-1', request: aRequest(), created: 5 })
    const second = open('two')
    await settled()
    expect(second.store.getState()).toEqual(store.getState())
    // A page that is gone may have sent something last; it counts no more.
    void first.actions.generate()
    await settled()
    expect(calls).toEqual([])
  })

  it('asks for every action with what it was given', async () => {
    const { open, calls } = joined()
    const { actions, thumbnail, extensionPicture, copy, paste } = open('one')
    await settled()
    const shown = { jobId: 'job-1', variation: 2 }
    actions.connect()
    await actions.generate()
    actions.cancel('job-1')
    actions.moveUp('job-2')
    actions.showVariation(shown)
    actions.hidePreview()
    await actions.apply(shown)
    await actions.insertDepth('job-1')
    actions.discard('job-1')
    actions.undoDiscard()
    await actions.recall('job-1')
    actions.offerSettings({ name: 'a.png', parameters: 'a cat' })
    actions.takeOffered()
    actions.dismissOffered()
    await actions.refreshModels()
    actions.openDownloads('controlnet')
    await actions.refreshDownloads()
    await actions.stepDownload('sd15', 'start')
    actions.closeDownloads()
    await actions.chooseForModel('pocket', { prediction: 'v', vae: null })
    await actions.refreshStatus()
    await actions.revokeToken('token-1')
    await actions.addFolder('/models')
    await actions.removeFolder('/models')
    await copy('text')
    expect(calls).toEqual([
      ['connect'],
      ['generate'],
      ['cancel', 'job-1'],
      ['moveUp', 'job-2'],
      ['showVariation', shown],
      ['hidePreview'],
      ['apply', shown],
      ['insertDepth', 'job-1'],
      ['discard', 'job-1'],
      ['undoDiscard'],
      ['recall', 'job-1'],
      ['offerSettings', { name: 'a.png', parameters: 'a cat' }],
      ['takeOffered'],
      ['dismissOffered'],
      ['refreshModels'],
      ['openDownloads', 'controlnet'],
      ['refreshDownloads'],
      ['stepDownload', 'sd15', 'start'],
      ['closeDownloads'],
      ['chooseForModel', 'pocket', { prediction: 'v', vae: null }],
      ['refreshStatus'],
      ['revokeToken', 'token-1'],
      ['addFolder', '/models'],
      ['removeFolder', '/models'],
      ['copy', 'text']
    ])
    expect(await paste()).toBe('pasted')
    expect(await extensionPicture('Lora/ink')).toBe('data:beside Lora/ink')
    expect(await thumbnail('job-1', { blob: 'b', width: 1, height: 1, format: 'rgba8' })).toBe('data:job-1/b')
  })

  it('is told why something was refused, and gives up on what never answers', async () => {
    const { open, deafen, store } = joined()
    const page = open('one')
    await settled()
    await expect(page.pair('x')).rejects.toMatchObject({
      message: 'That is not the code.',
      hint: 'Look again.'
    })
    deafen(true)
    await page.actions.generate()
    expect(page.store.getState().notice?.message).toMatch(/does not answer/)
    deafen(false)
    page.actions.dismissNotice()
    await settled()
    expect(page.store.getState()).toEqual(store.getState())
  })

  it('ignores what is not of its kind', async () => {
    const { server, calls, open } = joined()
    open('one')
    await settled()
    for (const odd of [
      null,
      5,
      'x',
      {},
      ...framesOf({ page: 'one', type: 'call', id: 1, name: 'eval' }),
      ...framesOf({ type: 'hello' })
    ])
      server.received(odd)
    await settled()
    expect(calls).toEqual([])
  })
})
