import { createRoot } from 'react-dom/client'
import { useStore } from 'zustand'
import { createPanelClient, type PanelClient } from '../remote/panel-client.ts'
import type { ConnectionNoticeProps } from '../ui/ConnectionNotice.tsx'
import { DiagnosticsSection } from '../ui/DiagnosticsSection.tsx'
import { createExtensionPictures } from '../ui/extension-pictures.ts'
import { PairingForm } from '../ui/PairingForm.tsx'
import { Panel } from '../ui/Panel.tsx'
import { ThemedProvider } from '../ui/ThemedProvider.tsx'
import { AppContext } from '../ui/use-app.ts'
import './browser.css'

// The panel's page in Photoshop: what is shown lives in the plugin's script, which this page talks to by messages.

/** What Photoshop gives a page of the plugin to talk to its script. */
interface UxpHost {
  readonly postMessage: (message: unknown) => void
}
declare global {
  interface Window {
    readonly uxpHost?: UxpHost
  }
}

const remedies: NonNullable<ConnectionNoticeProps['remedies']> = {
  'wrong-version': {
    message: 'Panel and server are of different versions',
    hint: 'Update Marquee’s folder, restart “npm start”, run “npm run package” and install the new plugin.'
  },
  forbidden: {
    message: 'Photoshop or the server blocks the connection',
    hint: 'The server must listen on port 7421, the only address this plugin may reach: start it without --port. After a change of the plugin, Load it anew; Reload is not enough.'
  }
}

const client = createPanelClient({
  page: Math.random().toString(36).slice(2),
  post: (frame) => window.uxpHost?.postMessage(frame),
  later(milliseconds, action) {
    const timer = setTimeout(action, milliseconds)
    return () => clearTimeout(timer)
  }
})
window.addEventListener('message', ({ data }: MessageEvent<unknown>) => client.received(data))
client.start()

const thumbnails = createThumbnailCache(client)
const extensionPictures = createExtensionPictures(client.extensionPicture)
const root = document.getElementById('root')
if (root === null) throw new Error('Bug: the page has no #root')
createRoot(root).render(
  <AppContext
    value={{
      ...{ store: client.store, actions: client.actions, thumbnails, extensionPictures },
      themedBy: 'Photoshop'
    }}
  >
    <PhotoshopPanel />
  </AppContext>
)

function PhotoshopPanel() {
  const theme = useStore(client.theme)
  return (
    <ThemedProvider editorTheme={theme}>
      <Panel remedies={remedies} pairing={<PairingForm pair={client.pair} paste={client.paste} />}>
        <DiagnosticsSection diagnose={() => client.diagnose(pageFacts())} copy={client.copy} />
      </Panel>
    </ThemedProvider>
  )
}

/** What differs between the engines of a webview. */
const pageFacts = (): string =>
  [
    `${innerWidth} × ${innerHeight} at ${devicePixelRatio}`,
    `visible: ${document.visibilityState}`,
    `system theme: ${matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'}`,
    navigator.userAgent
  ].join(', ')

/** Each picture is asked for once in the life of the page; one that could not be had is asked for again. */
function createThumbnailCache({ thumbnail }: PanelClient) {
  const made = new Map<string, Promise<string>>()
  return {
    of(jobId: string, image: Parameters<typeof thumbnail>[1]) {
      const known = made.get(image.blob)
      if (known !== undefined) return known
      const url = thumbnail(jobId, image)
      made.set(image.blob, url)
      url.catch(() => made.delete(image.blob))
      return url
    }
  }
}
