import { createStore, type StoreApi } from 'zustand/vanilla'
import type { ImageRef } from '#protocol/images.ts'
import type { PanelActions } from '../app/panel-actions.ts'
import type { Notice } from '../app/notice.ts'
import { defaultSettings, type Settings } from '../app/settings.ts'
import { initialState, type AppState } from '../app/state.ts'
import { CodedError } from '../client/coded-error.ts'
import { createJoiner, framesOf, type Frame } from './frames.ts'
import {
  isHostMessage,
  type CallName,
  type HostMessage,
  type HostTheme,
  type PageMessage
} from './messages.ts'
import { changedBy } from './state-change.ts'

interface PanelClientParts {
  /** Names this load of the page. */
  readonly page: string
  readonly post: (frame: Frame) => void
  readonly later: (milliseconds: number, action: () => void) => () => void
}

/** The panel's other half, as the page has it. What it asks for rejects with CodedError when no answer comes. */
export interface PanelClient {
  readonly store: Pick<StoreApi<AppState>, 'getState' | 'getInitialState' | 'subscribe'>
  readonly actions: PanelActions
  readonly theme: Pick<StoreApi<HostTheme>, 'getState' | 'getInitialState' | 'subscribe'>
  readonly thumbnail: (jobId: string, image: ImageRef) => Promise<string>
  readonly extensionPicture: (id: string) => Promise<string>
  readonly pair: (code: string) => Promise<void>
  /** `page` tells of this page's engine. */
  readonly diagnose: (page: string) => Promise<string>
  readonly copy: (text: string) => Promise<void>
  readonly paste: () => Promise<string>
  /** Says hello until there is an answer. */
  readonly start: () => void
  readonly received: (data: unknown) => void
}

/** Milliseconds between two hellos: the first may come before anyone listens. */
const HELLO_EVERY = 500
/** Milliseconds within which a call is answered. */
const ANSWER_WITHIN = 15_000
const THUMBNAIL_WITHIN = 60_000
const DIAGNOSE_WITHIN = 120_000

const silence: Required<Notice> = {
  message: 'The editor does not answer the panel.',
  hint: 'Finish what is open in it. If that does not help, close the panel and open it again.'
}

export function createPanelClient({ page, post, later }: PanelClientParts): PanelClient {
  const store = createStore(() => initialState(defaultSettings))
  const theme = createStore<HostTheme>(() => 'dark')
  const join = createJoiner()
  /** Settings that were changed here and that the other half has not spoken of yet: typing must not wait for it. */
  let unseen: readonly { readonly id: number; readonly change: Partial<Settings> }[] = []
  let known: AppState = store.getState()
  let ownNotice: Notice | null = null
  let revision = 0
  let stopHello = () => {}

  const send = (message: PageMessage) => {
    for (const frame of framesOf(message)) post(frame)
  }
  const calls = createCalls(page, send, later)

  function show() {
    const settings = unseen.reduce((sum, { change }) => ({ ...sum, ...change }), known.settings)
    store.setState({ ...known, settings, notice: ownNotice ?? known.notice }, true)
  }

  function hello() {
    revision = 0
    send({ page, type: 'hello' })
    stopHello()
    stopHello = later(HELLO_EVERY, hello)
  }

  /** An action: what it does shows in the state, and that nobody did it shows too. */
  async function act(name: CallName, argument: unknown = null) {
    try {
      await calls.call(name, argument, ANSWER_WITHIN)
    } catch {
      ownNotice = silence
      show()
    }
  }

  function heard({ revision: next, seen, change, theme: nextTheme }: StateMessage) {
    if (!change.isWhole && next !== revision + 1) {
      if (revision !== 0) hello()
      return
    }
    stopHello()
    revision = next
    known = changedBy(change.isWhole ? { ...known, jobs: [] } : known, change)
    unseen = unseen.filter(({ id }) => id > seen)
    theme.setState(nextTheme, true)
    show()
  }

  return {
    store,
    theme,
    actions: {
      ...actionsOf(act),
      change(change) {
        unseen = [...unseen, { id: calls.nextId(), change }]
        show()
        void act('change', change)
      },
      dismissNotice() {
        ownNotice = null
        show()
        void act('dismissNotice')
      }
    },
    ...servicesOf(calls.call),
    start: hello,
    received(data) {
      const message = join(data)
      if (!isHostMessage(message) || message.page !== page) return
      if (message.type === 'state') heard(message)
      else calls.answered(message)
    }
  }
}

type StateMessage = Extract<HostMessage, { readonly type: 'state' }>
type Answer = Exclude<HostMessage, StateMessage>
type Call = (name: CallName, argument: unknown, within: number) => Promise<unknown>

/** Questions that wait for their answers. */
function createCalls(page: string, send: (message: PageMessage) => void, later: PanelClientParts['later']) {
  const waiting = new Map<number, (answer: Answer | null) => void>()
  let last = 0

  const call: Call = (name, argument, within) => {
    const id = ++last
    return new Promise((resolve, reject) => {
      const stopWaiting = later(within, () => {
        send({ page, type: 'abandon', id })
        waiting.get(id)?.(null)
      })
      waiting.set(id, (answer) => {
        stopWaiting()
        waiting.delete(id)
        if (answer?.type === 'reply') resolve(answer.value)
        else {
          const { message, hint } = answer?.notice ?? silence
          reject(new CodedError('host-busy', message, hint))
        }
      })
      send({ page, type: 'call', id, name, argument })
    })
  }
  return { call, nextId: () => last + 1, answered: (answer: Answer) => waiting.get(answer.id)?.(answer) }
}

function servicesOf(
  call: Call
): Pick<PanelClient, 'thumbnail' | 'extensionPicture' | 'pair' | 'diagnose' | 'copy' | 'paste'> {
  return {
    thumbnail: async (jobId, image) => String(await call('thumbnail', { jobId, image }, THUMBNAIL_WITHIN)),
    extensionPicture: async (id) => String(await call('extensionPicture', id, THUMBNAIL_WITHIN)),
    async pair(code) {
      await call('pair', code, ANSWER_WITHIN)
    },
    diagnose: async (page) => String(await call('diagnose', page, DIAGNOSE_WITHIN)),
    async copy(text) {
      await call('copy', text, ANSWER_WITHIN)
    },
    paste: async () => String(await call('paste', null, ANSWER_WITHIN))
  }
}

function actionsOf(
  act: (name: CallName, argument?: unknown) => Promise<void>
): Omit<PanelActions, 'change' | 'dismissNotice'> {
  return {
    connect: () => void act('connect'),
    generate: () => act('generate'),
    cancel: (jobId) => void act('cancel', jobId),
    moveUp: (jobId) => void act('moveUp', jobId),
    showVariation: (variation) => void act('showVariation', variation),
    hidePreview: () => void act('hidePreview'),
    apply: (variation) => act('apply', variation),
    insertDepth: (jobId) => act('insertDepth', jobId),
    discard: (jobId) => void act('discard', jobId),
    undoDiscard: () => void act('undoDiscard'),
    recall: (jobId) => act('recall', jobId),
    offerSettings: (told) => void act('offerSettings', told),
    takeOffered: () => void act('takeOffered'),
    dismissOffered: () => void act('dismissOffered'),
    refreshModels: () => act('refreshModels'),
    openDownloads: (kind) => void act('openDownloads', kind ?? null),
    closeDownloads: () => void act('closeDownloads'),
    refreshDownloads: () => act('refreshDownloads'),
    stepDownload: (id, step) => act('stepDownload', { id, step }),
    chooseForModel: (id, choice) => act('chooseForModel', { id, choice }),
    refreshStatus: () => act('refreshStatus'),
    revokeToken: (id) => act('revokeToken', id),
    addFolder: (folder) => act('addFolder', folder),
    removeFolder: (folder) => act('removeFolder', folder)
  }
}
