import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import type { SimPage } from './web-view.ts'

/** The panel's page in a real engine, with what a webview has around it. */
export interface PageServer {
  /** The page itself. */
  readonly url: string
  /** A page that shows the panel's in a frame of a width that no window of the engine has. */
  readonly framed: (size: { readonly width: number; readonly height: number }) => string
  /** Errors of the page, and all that it wanted from outside of itself. */
  readonly troubles: readonly string[]
  close(): void
}

/** Nothing but what stands in the page: no file beside it, no address but the bridge of the webview. */
const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "connect-src 'self'"
].join('; ')

/** Serves the packaged page over the bridge of a simulated webview. */
export async function servePage(html: string, webview: SimPage): Promise<PageServer> {
  const troubles: string[] = []
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    response.setHeader('content-type', 'text/html; charset=utf-8')
    if (pathname === '/framed') {
      const [width, height] = [Number(searchParams.get('width')), Number(searchParams.get('height'))]
      const style = `width: ${width}px; height: ${height}px; border: 0`
      return response.end(`<body style="margin: 0"><iframe src="panel.html" style="${style}"></iframe>`)
    }
    if (pathname === '/panel.html') {
      response.setHeader('content-security-policy', policy)
      return response.end(html.replace('<head>', `<head><script>(${aroundPage.toString()})()</script>`))
    }
    // What an engine asks for by itself.
    if (pathname !== '/favicon.ico') troubles.push(`The page asked for ${pathname}`)
    response.statusCode = 404
    response.end()
  })
  const sockets = new WebSocketServer({ server, path: '/bridge' })
  sockets.on('connection', (socket) => {
    webview.listen((message) => socket.send(JSON.stringify(message)))
    socket.on('message', (text: Buffer) => {
      const { message, trouble } = JSON.parse(text.toString('utf8')) as {
        readonly message?: unknown
        readonly trouble?: string
      }
      if (trouble === undefined) webview.post(message)
      else troubles.push(trouble)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const origin = `http://127.0.0.1:${port}`
  return {
    url: `${origin}/panel.html`,
    framed: ({ width, height }) => `${origin}/framed?width=${width}&height=${height}`,
    troubles,
    close() {
      for (const socket of sockets.clients) socket.terminate()
      server.close()
    }
  }
}

/** Runs in the page before all else: a webview's window, as far as it differs from a browser's. */
function aroundPage(): void {
  const socket = new WebSocket(`ws://${location.host}/bridge`)
  const early: string[] = []
  const send = (told: object) => {
    const text = JSON.stringify(told)
    if (socket.readyState === WebSocket.OPEN) socket.send(text)
    else early.push(text)
  }
  socket.onopen = () => early.splice(0).forEach((text) => socket.send(text))
  socket.onmessage = ({ data }) => window.postMessage(JSON.parse(String(data)), '*')

  const trouble = (what: unknown) => send({ trouble: String(what) })
  window.addEventListener('error', ({ message }) => trouble(message))
  window.addEventListener('unhandledrejection', ({ reason }) => trouble(reason))
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    trouble(`${violatedDirective} keeps ${blockedURI} out`)
  )
  Object.defineProperty(window.console, 'error', {
    value: (...words: unknown[]) => trouble(words.join(' '))
  })

  /** JSON would spoil it without a word. */
  const refuse = (value: unknown, path: string): void => {
    if (value === null || ['string', 'boolean', 'undefined'].includes(typeof value)) return
    if (typeof value === 'number' && Number.isFinite(value)) return
    if (Array.isArray(value)) {
      value.forEach((item, at) => refuse(item, `${path}[${at}]`))
      return
    }
    if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
      Object.entries(value).forEach(([name, inner]) => refuse(inner, `${path}.${name}`))
      return
    }
    trouble(`${Object.prototype.toString.call(value)} in a message, at ${path}`)
  }
  const postMessage = (message: unknown) => {
    refuse(message, 'message')
    send({ message })
  }
  Object.defineProperty(window, 'uxpHost', { value: { postMessage } })
  // A local page of a plugin has no storage, and no dialogs.
  for (const name of ['localStorage', 'sessionStorage'])
    Object.defineProperty(window, name, {
      get() {
        throw new Error('SecurityError')
      }
    })
  for (const name of ['alert', 'confirm', 'prompt', 'open'])
    Object.defineProperty(window, name, { value: () => undefined })
}
