import { isDownloadKind } from '../app/download-actions.ts'
import type { ModelChoice } from '#protocol/catalogue.ts'
import type { ImageRef } from '#protocol/images.ts'
import type { PanelActions } from '../app/panel-actions.ts'
import { toNotice } from '../app/notice.ts'
import { downloadSteps, type DownloadStep } from '../client/download-requests.ts'
import { readSettings, storedSettings, type Settings } from '../app/settings.ts'
import type { VariationId } from '../app/state.ts'
import type { AppStore } from '../app/store.ts'
import { createJoiner, framesOf, type Frame } from './frames.ts'
import {
  isPageMessage,
  type CallName,
  type HostMessage,
  type HostTheme,
  type PageMessage
} from './messages.ts'
import { changeOf } from './state-change.ts'

/** What the page can ask for beside the panel's actions. All may reject. */
export interface PanelServices {
  /** A small picture as a data URL. */
  readonly thumbnail: (jobId: string, image: ImageRef) => Promise<string>
  /** The picture beside an extension's file, as a data URL. */
  readonly extensionPicture: (id: string) => Promise<string>
  /** Exchanges what a person typed for the server's token. */
  readonly pair: (code: string) => Promise<void>
  /** A report to copy; `page` is what the page tells of its engine. */
  readonly diagnose: (page: string) => Promise<string>
  readonly copy: (text: string) => Promise<void>
  /** The text on the clipboard. */
  readonly paste: () => Promise<string>
}

interface PanelServerParts {
  readonly store: AppStore
  readonly actions: PanelActions
  readonly services: PanelServices
  readonly theme: () => HostTheme
  readonly post: (frame: Frame) => void
  readonly later: (milliseconds: number, action: () => void) => () => void
}

export interface PanelServer {
  /** What the page posted. Anything else than its messages is ignored. */
  readonly received: (data: unknown) => void
  /** The theme may have changed. */
  readonly themeChanged: () => void
}

/** Least time between two states, in milliseconds: a running job changes it often. */
const STATE_EVERY = 30

/**
 * The panel of a page in another process: it gets the state as it changes and asks for actions. The page may be loaded anew
 * at any time; it says hello, and gets everything.
 */
export function createPanelServer(parts: PanelServerParts): PanelServer {
  const { store, theme, post, later } = parts
  const join = createJoiner()
  const calls = callsOf(parts)
  const abandoned = new Set<number>()
  let page: string | null = null
  let sent = store.getState()
  let sentTheme = theme()
  let revision = 0
  let seen = 0
  let isWaiting = false

  const send = (message: HostMessage) => {
    for (const frame of framesOf(message)) post(frame)
  }

  function sendState(isWhole: boolean) {
    if (page === null) return
    const state = store.getState()
    const change = changeOf(isWhole ? null : sent, state) ?? nothing
    sent = state
    sentTheme = theme()
    send({ page, type: 'state', revision: ++revision, seen, theme: sentTheme, change })
  }

  function sendStateSoon() {
    if (isWaiting || page === null) return
    isWaiting = true
    later(STATE_EVERY, () => {
      isWaiting = false
      sendState(false)
    })
  }

  async function answer(own: string, id: number, name: CallName, argument: unknown) {
    const reply = await calls[name](argument).then(
      (value): HostMessage => ({ page: own, type: 'reply', id, value: value ?? null }),
      (error: unknown): HostMessage => ({ page: own, type: 'refusal', id, notice: toNotice(error) })
    )
    if (page === own && !abandoned.delete(id)) send(reply)
  }

  function obey(message: PageMessage) {
    if (message.type === 'hello') {
      page = message.page
      seen = 0
      abandoned.clear()
      sendState(true)
    } else if (message.page !== page) return
    else if (message.type === 'abandon') abandoned.add(message.id)
    else {
      seen = message.id
      void answer(page, message.id, message.name, message.argument)
      sendStateSoon()
    }
  }

  store.subscribe(sendStateSoon)
  return {
    received(data) {
      const message = join(data)
      if (isPageMessage(message)) obey(message)
    },
    themeChanged() {
      if (theme() !== sentTheme) sendStateSoon()
    }
  }
}

const nothing = { isWhole: false, part: {}, order: null, jobs: [] }

type Calls = Readonly<Record<CallName, (argument: unknown) => Promise<unknown>>>

/** The page is our own, but nothing that comes as JSON is taken at its word. */
function callsOf({ store, actions, services }: PanelServerParts): Calls {
  const begun = (action: () => void) => (): Promise<void> => Promise.resolve().then(() => action())
  const withText = (action: (text: string) => void) => (argument: unknown) =>
    Promise.resolve().then(() => action(textOf(argument)))
  const withVariation = (action: (variation: VariationId) => void) => (argument: unknown) =>
    Promise.resolve().then(() => action(variationOf(argument)))
  return {
    connect: begun(actions.connect),
    change: (argument) =>
      Promise.resolve().then(() => actions.change(settingsOf(store.getState().settings, argument))),
    generate: begun(() => void actions.generate()),
    cancel: withText(actions.cancel),
    moveUp: withText(actions.moveUp),
    showVariation: withVariation(actions.showVariation),
    hidePreview: begun(actions.hidePreview),
    apply: withVariation((variation) => void actions.apply(variation)),
    insertDepth: withText((jobId) => void actions.insertDepth(jobId)),
    discard: withText(actions.discard),
    undoDiscard: begun(actions.undoDiscard),
    recall: withText((jobId) => void actions.recall(jobId)),
    offerSettings: (argument) =>
      Promise.resolve().then(() =>
        actions.offerSettings({
          name: textOf(fieldOf(argument, 'name')),
          parameters: textOf(fieldOf(argument, 'parameters'))
        })
      ),
    takeOffered: begun(actions.takeOffered),
    dismissOffered: begun(actions.dismissOffered),
    dismissNotice: begun(actions.dismissNotice),
    refreshModels: begun(() => void actions.refreshModels()),
    openDownloads: (argument) =>
      Promise.resolve().then(() => actions.openDownloads(isDownloadKind(argument) ? argument : undefined)),
    closeDownloads: begun(actions.closeDownloads),
    refreshDownloads: begun(() => void actions.refreshDownloads()),
    stepDownload: (argument) =>
      Promise.resolve().then(() => {
        const [id, step] = [textOf(fieldOf(argument, 'id')), stepOf(fieldOf(argument, 'step'))]
        void actions.stepDownload(id, step)
      }),
    chooseForModel: (argument) =>
      Promise.resolve().then(() => {
        const [id, choice] = [textOf(fieldOf(argument, 'id')), choiceOf(fieldOf(argument, 'choice'))]
        void actions.chooseForModel(id, choice)
      }),
    refreshStatus: begun(() => void actions.refreshStatus()),
    revokeToken: withText((id) => void actions.revokeToken(id)),
    addFolder: withText((folder) => void actions.addFolder(folder)),
    removeFolder: withText((folder) => void actions.removeFolder(folder)),
    thumbnail: async (argument) =>
      services.thumbnail(textOf(fieldOf(argument, 'jobId')), imageOf(fieldOf(argument, 'image'))),
    extensionPicture: async (argument) => services.extensionPicture(textOf(argument)),
    pair: async (argument) => services.pair(textOf(argument)),
    diagnose: async (argument) => services.diagnose(textOf(argument)),
    copy: async (argument) => services.copy(textOf(argument)),
    paste: () => services.paste()
  }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  throw new Error(`Bug: the page sent ${JSON.stringify(value)} for a text`)
}

function wholeOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw new Error(`Bug: the page sent ${JSON.stringify(value)} for a whole number`)
}

const variationOf = (value: unknown): VariationId => ({
  jobId: textOf(fieldOf(value, 'jobId')),
  variation: wholeOf(fieldOf(value, 'variation'))
})

function stepOf(value: unknown): DownloadStep {
  const step = downloadSteps.find((known) => known === value)
  if (step !== undefined) return step
  throw new Error(`Bug: the page sent ${JSON.stringify(value)} for a step of a download`)
}

function choiceOf(value: unknown): ModelChoice {
  const [prediction, vae] = [fieldOf(value, 'prediction'), fieldOf(value, 'vae')]
  if (prediction !== null && prediction !== 'epsilon' && prediction !== 'v')
    throw new Error(`Bug: the page sent ${JSON.stringify(prediction)} for a prediction`)
  return { prediction, vae: vae === null ? null : textOf(vae) }
}

function imageOf(value: unknown): ImageRef {
  const format = fieldOf(value, 'format')
  if (format !== 'rgba8' && format !== 'gray8') throw new Error('Bug: the page asked for no image')
  return {
    blob: textOf(fieldOf(value, 'blob')),
    width: wholeOf(fieldOf(value, 'width')),
    height: wholeOf(fieldOf(value, 'height')),
    format
  }
}

/** The fields that were sent, each as a stored one would be read. */
function settingsOf(settings: Settings, change: unknown): Partial<Settings> {
  const sent = typeof change === 'object' && change !== null ? change : {}
  const read = readSettings(storedSettings({ ...settings, ...sent }))
  return Object.fromEntries(Object.entries(read).filter(([name]) => Object.hasOwn(sent, name)))
}
