import { createRoot } from 'react-dom/client'
import { createActions } from '../app/actions.ts'
import { keepAreaShown } from '../app/area-frame.ts'
import { keepPreview } from '../app/canvas-preview.ts'
import { watchDocument } from '../app/document-watch.ts'
import { createMapMaker } from '../app/make-map.ts'
import { toNotice } from '../app/notice.ts'
import { createServerEvents } from '../app/server-events.ts'
import { watchPrompts } from '../app/prompt-help.ts'
import { readSettings } from '../app/settings.ts'
import { createAppStore, keepSettings } from '../app/store.ts'
import { createBridgeClient } from '../client/bridge-client.ts'
import { newId } from '../client/new-id.ts'
import { requestPairingCode } from '../client/pairing.ts'
import { keptClientId, takeToken } from '../client/session.ts'
import { CanvasEditor } from '../hosts/canvas/CanvasEditor.tsx'
import { createCanvasHost } from '../hosts/canvas/canvas-host.ts'
import { createEditor } from '../hosts/canvas/editor.ts'
import { resumeSession } from '../hosts/canvas/session.ts'
import { PairingCode } from '../ui/PairingCode.tsx'
import { Panel } from '../ui/Panel.tsx'
import { ThemedProvider } from '../ui/ThemedProvider.tsx'
import { createExtensionPictures } from '../ui/extension-pictures.ts'
import { createThumbnails } from '../ui/thumbnails.ts'
import { AppContext } from '../ui/use-app.ts'
import { useControlKit } from './use-control-kit.ts'

const SETTINGS = 'marquee.settings'

const later = (milliseconds: number, action: () => void) => {
  const timer = setTimeout(action, milliseconds)
  return () => clearTimeout(timer)
}

const token = takeToken(location.hash, localStorage)
// The token stays out of what a person copies, bookmarks or shows.
if (location.hash !== '') history.replaceState(null, '', location.pathname + location.search)

const editor = createEditor({
  marksExports: () => store.getState().settings.watermark,
  tellOfParameters: (name, parameters) => actions.offerSettings({ name, parameters })
})
const host = createCanvasHost(editor)
const store = createAppStore(readSettings(localStorage.getItem(SETTINGS)))
const access = { url: location.origin, token, clientId: keptClientId(localStorage, newId) }
const client = createBridgeClient({
  ...access,
  onStatus: (status) => events.statusChanged(status),
  onMessage: (message) => events.heard(message)
})
const events = createServerEvents({ store, client })
const actions = createActions({ store, client, host, random: Math.random, newId, now: Date.now, later })
const thumbnails = createThumbnails(actions.picture)
const extensionPictures = createExtensionPictures(async (id) =>
  URL.createObjectURL(new Blob([await client.extensionPicture(id)], { type: 'image/jpeg' }))
)

keepSettings(store, (stored) => localStorage.setItem(SETTINGS, stored))
keepPreview(store, client, host, (error) => store.dispatch({ type: 'noticed', notice: toNotice(error) }))
keepAreaShown(store, host)
watchDocument({ store, host, later }, (documentId) => void events.loadJobs(documentId))
watchPrompts({ store, client, later })
client.connect()
void resumeSession(editor)

function toggleTheme() {
  const { theme } = store.getState().settings
  const isDark =
    theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  actions.change({ theme: isDark ? 'light' : 'dark' })
}

const panel = (
  <Panel>
    <PairingCode offer={() => requestPairingCode({ ...access, fetch: (...asked) => fetch(...asked) })} />
  </Panel>
)
const makeMap = createMapMaker(client)

function Page() {
  const controlKit = useControlKit(makeMap)
  return <CanvasEditor editor={editor} panel={panel} controlKit={controlKit} onThemeToggle={toggleTheme} />
}

const root = document.getElementById('root')
if (root === null) throw new Error('Bug: the page has no #root')
createRoot(root).render(
  <AppContext
    value={{
      store,
      actions,
      thumbnails,
      extensionPictures,
      addModels: actions.addModels,
      writesPictures: true,
      docsUrl: '/docs'
    }}
  >
    <ThemedProvider>
      <Page />
    </ThemedProvider>
  </AppContext>
)
