import { createActions } from '../app/actions.ts'
import { watchDocument } from '../app/document-watch.ts'
import { createServerEvents } from '../app/server-events.ts'
import { watchPrompts } from '../app/prompt-help.ts'
import { readSettings } from '../app/settings.ts'
import { createAppStore, keepSettings } from '../app/store.ts'
import { keptClientId, type TextStorage } from '../client/session.ts'
import { diagnose } from '../hosts/photoshop/diagnostics.ts'
import { createDocuments } from '../hosts/photoshop/documents.ts'
import { createModal, messageOf } from '../hosts/photoshop/modal.ts'
import { createNetwork, type PluginSocket } from '../hosts/photoshop/network.ts'
import type { Photoshop } from '../hosts/photoshop/photoshop-api.ts'
import { createPhotoshopHost } from '../hosts/photoshop/photoshop-host.ts'
import { createSecrets } from '../hosts/photoshop/secrets.ts'
import { watchTheme } from '../hosts/photoshop/theme.ts'
import { jpegUrl } from '../hosts/photoshop/data-url.ts'
import { thumbnailOf } from '../hosts/photoshop/thumbnail.ts'
import type { HostDocumentNode, Uxp, WebView, WebViewMessage } from '../hosts/photoshop/uxp-api.ts'
import { createWatch } from '../hosts/photoshop/watch.ts'
import { createPanelServer } from '../remote/panel-server.ts'
import { createCommands } from './photoshop-commands.ts'
import { createPhotoshopConnection } from './photoshop-connection.ts'

/** What a plugin's script finds around itself in Photoshop. */
export interface PluginRuntime {
  readonly photoshop: Photoshop
  readonly uxp: Uxp
  readonly document: HostDocumentNode
  readonly localStorage: TextStorage
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>
  readonly connect: (url: string) => PluginSocket
  readonly onMessage: (listener: (event: WebViewMessage) => void) => void
  readonly copy: (text: string) => Promise<void>
  /** The text on the clipboard. */
  readonly paste: () => Promise<string>
  readonly newId: () => string
  readonly random: () => number
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly later: (milliseconds: number, action: () => void) => () => void
}

/** The bridge's address; the manifest names the same. */
const URL = 'http://localhost:7421'
const PANEL = 'marquee'
const PAGE = 'plugin:/plugin/panel.html'
const SETTINGS = 'marquee.settings'
/** Milliseconds that a press waits for a busy Photoshop; a look at the document waits as long as it takes. */
const PATIENCE = 3000
/** Milliseconds for a socket to open, in diagnostics. */
const SOCKET_WITHIN = 5000

/**
 * The plugin: host, state and client live here, where a reload of the panel cannot reach them, and the page is only shown
 * them. Must be called while the script loads, for Photoshop wants to know the entry points at once.
 */
export function startPlugin(runtime: PluginRuntime): void {
  const { photoshop, uxp, localStorage, newId, random, now, later } = runtime
  const network = createNetwork(runtime)
  const modal = createModal({ core: photoshop.core, now, later })
  const common = {
    photoshop,
    modal,
    documents: createDocuments(photoshop.app, newId()),
    watch: createWatch(photoshop, later)
  }
  const host = createPhotoshopHost({ ...common, patience: PATIENCE })
  const store = createAppStore(readSettings(localStorage.getItem(SETTINGS)))
  const connection = createPhotoshopConnection({
    ...{ url: URL, network, later },
    secrets: createSecrets(uxp.storage.secureStorage),
    clientId: keptClientId(localStorage, newId),
    onStatus: (status) => events.statusChanged(status),
    onMessage: (message) => events.heard(message)
  })
  const { client } = connection
  const events = createServerEvents({ store, client })
  const actions = createActions({ store, client, host, random, newId, now, later })
  const view = createView(runtime)
  const theme = watchTheme({
    ...{ document: runtime.document, action: photoshop.action, later },
    changed: () => panel.themeChanged()
  })
  let turn: Promise<unknown> = Promise.resolve()
  const panel = createPanelServer({
    ...{ store, actions, later },
    theme: () => theme.theme(),
    post: (frame) => view.post(frame),
    services: {
      thumbnail(jobId, image) {
        // One picture at a time: each may be a hundred megabytes before it is small.
        const made = turn.then(async () =>
          thumbnailOf(photoshop.imaging, modal, await client.pixels(jobId, image), image)
        )
        turn = made.catch(() => {})
        return made
      },
      extensionPicture: async (id) => jpegUrl(await client.extensionPicture(id)),
      pair: (code) => connection.pair(code),
      diagnose: (page) =>
        diagnose({
          ...{ photoshop, uxp, modal, url: URL, page },
          reach: (address) => reach(runtime, address),
          openSocket: (address) => opens(runtime, address)
        }),
      copy: (text) => runtime.copy(text),
      paste: () => runtime.paste()
    }
  })

  uxp.entrypoints.setup({
    panels: { [PANEL]: { show: (root) => view.show(root) } },
    commands: createCommands({ store, actions, host })
  })
  runtime.onMessage(({ data, source, origin }) => {
    if (view.isFrom(source, origin)) panel.received(data)
  })
  watchPrompts({ store, client, later })
  keepSettings(store, (stored) => localStorage.setItem(SETTINGS, stored))
  watchDocument(
    { store, host: createPhotoshopHost({ ...common, patience: Infinity }), later },
    (documentId) => void events.loadJobs(documentId)
  )
  void connection.start()
}

/** The page in its web view: made at the first show, for Photoshop shows a panel once and never tells that it hides it. */
function createView({ document, photoshop }: PluginRuntime) {
  let view: WebView | null = null
  return {
    show(root: { appendChild(child: WebView): unknown }) {
      if (view !== null) return
      view = document.createElement('webview')
      // The panel's own node is only as high as what it holds, so percent of it would be nothing.
      const style = 'display: block; border: none; width: 100vw; height: 100vh'
      for (const [name, value] of Object.entries({ src: PAGE, width: '100%', height: '100%', style }))
        view.setAttribute(name, value)
      root.appendChild(view)
      // The gripper is painted over the page's corner; a version that cannot leave it out still works.
      photoshop.core.suppressResizeGripper({ type: 'panel', target: PANEL, value: true }).catch(() => {})
    },
    post: (message: object) => view?.postMessage(message),
    isFrom: (source: unknown, origin: string) =>
      view !== null && (source === view || (source == null && origin.startsWith('plugin:')))
  }
}

/** Whether a socket opens; closed again at once. */
function opens({ connect, later }: PluginRuntime, address: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(address)
    const answer = (text: string) => {
      stop()
      socket.onerror = socket.onclose = null
      socket.close()
      resolve(text)
    }
    const stop = later(SOCKET_WITHIN, () => answer('No: nothing happened.'))
    socket.onopen = () => answer('Yes.')
    socket.onerror = () => answer('No: it failed.')
    socket.onclose = () => answer('No: it was closed.')
  })
}

async function reach({ fetch }: PluginRuntime, address: string): Promise<string> {
  try {
    const response = await fetch(`${address}/api/health`)
    return `Yes, it answered ${response.status}.`
  } catch (error) {
    return `No: ${messageOf(error)}`
  }
}
