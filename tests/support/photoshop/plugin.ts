import { readFileSync } from 'node:fs'
import path from 'node:path'
import { startPlugin, type PluginRuntime } from '../../../plugin/entries/photoshop-plugin.ts'
import type {
  HostDocumentNode,
  RootNode,
  Uxp,
  WebViewMessage
} from '../../../plugin/hosts/photoshop/uxp-api.ts'
import { createPanelClient, type PanelClient } from '../../../plugin/remote/panel-client.ts'
import { createSimNetwork, type NetworkKnobs, type SimNetwork } from './network.ts'
import type { Simulator } from './simulator.ts'
import { strict } from './strict.ts'
import { createSimWebView, type SimPage } from './web-view.ts'

/** What a computer keeps while Photoshop is closed. */
export interface Kept {
  readonly local: Map<string, string>
  readonly secret: Map<string, string>
}

export const nothingKept = (): Kept => ({ local: new Map(), secret: new Map() })

export interface RunningPlugin {
  readonly network: SimNetwork
  /** Opens the panel; Photoshop tells the plugin only the first time. */
  showPanel(): void
  /** The panel's end of the bridge, for a real page. */
  page(): SimPage
  /** Loads the panel's page (anew): an empty page, and what the plugin tells it. */
  loadPage(): PanelClient
  runCommand(id: string): void
  /** Ends Photoshop, and the plugin with it, without a word. */
  quit(): void
  /** Text on the clipboard. */
  readonly clipboard: () => string
  readonly setClipboard: (text: string) => void
  readonly setTheme: (theme: string) => void
}

interface PluginOptions {
  /** Where `http://localhost:7421` really is. */
  readonly bridge: string
  readonly kept?: Kept
  readonly network?: Partial<NetworkKnobs>
  /** Timers run this much faster. */
  readonly speed?: number
  /** Runs the plugin's script; by itself, the sources. */
  readonly start?: (runtime: PluginRuntime) => void
}

interface Manifest {
  readonly entrypoints: readonly { readonly type: string; readonly id: string }[]
  readonly requiredPermissions: { readonly network: { readonly domains: readonly string[] } }
}

const manifest = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../../../manifest.json'), 'utf8')
) as Manifest

/** Milliseconds that an entry point may take. */
const entryLimit = 300

/** Loads the plugin into a simulated Photoshop, over the project's own manifest. */
export function runPlugin({ photoshop, world }: Simulator, options: PluginOptions): RunningPlugin {
  const { bridge, kept = nothingKept(), speed = 10, start = startPlugin } = options
  const network = createSimNetwork(world, {
    domains: manifest.requiredPermissions.network.domains,
    routes: { 'http://localhost:7421': bridge },
    expectedDenials: ['http://127.0.0.1:7421'],
    ...options.network
  })
  const hostListeners: ((event: WebViewMessage) => void)[] = []
  const tellHost = (event: WebViewMessage): void => hostListeners.forEach((listener) => listener(event))
  const themeListeners: ((theme: string) => void)[] = []
  let page: SimPage | null = null
  let entries: Parameters<Uxp['entrypoints']['setup']>[0] | null = null
  let isLoading = true
  let isOver = false
  let clipboard = ''
  let theme = 'darkest'

  const uxp: Uxp = strict('uxp', {
    entrypoints: strict('entrypoints', {
      setup(given: Parameters<Uxp['entrypoints']['setup']>[0]) {
        if (entries !== null) throw new Error('EntryPointsError: setup was called twice')
        if (!isLoading) throw new Error('EntryPointsError: setup was called too late')
        entries = given
      }
    }),
    storage: strict('storage', {
      secureStorage: strict('secureStorage', {
        setItem(key: string, value: string) {
          kept.secret.set(key, value)
          return Promise.resolve()
        },
        getItem: (key: string) =>
          Promise.resolve(kept.secret.has(key) ? new Uint8Array(Buffer.from(kept.secret.get(key)!)) : null),
        removeItem(key: string) {
          kept.secret.delete(key)
          return Promise.resolve()
        }
      })
    }),
    host: strict('host', { name: 'Photoshop', version: '26.0.0', uiLocale: 'en_US' }),
    versions: strict('versions', { uxp: 'uxp-8.0.1', plugin: '0.1.0' })
  })
  const makeWebView = (): ReturnType<HostDocumentNode['createElement']> => {
    const made = createSimWebView(world, tellHost)
    page = made.page
    return made.view
  }
  const withTheme = {
    createElement: makeWebView,
    theme: strict('theme', {
      getCurrent: () => theme,
      onUpdated: strict('onUpdated', {
        addListener: (listener: (next: string) => void) => void themeListeners.push(listener)
      })
    })
  }

  const later = (milliseconds: number, action: () => void): (() => void) => {
    const timer = setTimeout(() => {
      if (!isOver) action()
    }, milliseconds / speed)
    return () => clearTimeout(timer)
  }

  start({
    ...{ photoshop, uxp },
    document: world.knobs.theme === 'document' ? withTheme : { createElement: makeWebView },
    localStorage: {
      getItem: (key) => kept.local.get(key) ?? null,
      setItem: (key, value) => void kept.local.set(key, value)
    },
    fetch: network.fetch,
    connect: network.connect,
    onMessage: (listener) => void hostListeners.push(listener),
    copy(text) {
      clipboard = text
      return Promise.resolve()
    },
    paste: () => Promise.resolve(clipboard),
    newId: () => crypto.randomUUID(),
    random: Math.random,
    now: Date.now,
    later
  })
  isLoading = false

  function timed(what: string, call: () => void): void {
    const began = performance.now()
    call()
    if (performance.now() - began > entryLimit) world.faults.push(`${what} took longer than ${entryLimit} ms`)
  }
  function entriesOf(kind: 'panels' | 'commands'): Readonly<Record<string, unknown>> {
    const listed = manifest.entrypoints.filter(({ type }) => `${type}s` === kind).map(({ id }) => id)
    const given = entries?.[kind] ?? {}
    if (listed.sort().join() !== Object.keys(given).sort().join())
      throw new Error(
        `The manifest lists ${listed.join()}, but the plugin set up ${Object.keys(given).join()}`
      )
    return given
  }

  function shownPage(): SimPage {
    if (page === null) throw new Error('The panel was not shown')
    return page
  }

  return {
    network,
    showPanel() {
      const root: RootNode = strict('rootNode', { appendChild: () => undefined })
      const panel = entriesOf('panels').marquee as { show(root: RootNode): void }
      timed('show', () => panel.show(root))
    },
    page: shownPage,
    loadPage() {
      const shown = shownPage()
      const client = createPanelClient({
        page: crypto.randomUUID(),
        post: (frame) => shown.post(frame),
        later
      })
      // The first hello comes before the page listens, as it may in Photoshop.
      client.start()
      setTimeout(() => shown.listen((data) => client.received(data)), 5)
      return client
    },
    runCommand(id) {
      const command = entriesOf('commands')[id] as { run(): void } | undefined
      if (command === undefined) throw new Error(`There is no command ${id}`)
      timed(id, () => command.run())
    },
    quit() {
      isOver = true
      network.setDown(true)
    },
    clipboard: () => clipboard,
    setClipboard: (text) => (clipboard = text),
    setTheme(next) {
      theme = next
      world.brightness = next.startsWith('light') ? 'kPanelBrightnessLightGray' : 'kPanelBrightnessDarkGray'
      for (const listener of themeListeners) listener(next)
    }
  }
}
