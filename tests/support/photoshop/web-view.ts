import type { WebView, WebViewMessage } from '../../../plugin/hosts/photoshop/uxp-api.ts'
import { SimUnsupported, strict } from './strict.ts'
import type { World } from './world.ts'

/** Longest JSON of one message; more makes Photoshop stutter. */
const messageLimit = 256 * 1024

/** The page's side of the bridge. */
export interface SimPage {
  /** What the page hears; messages from before are lost. */
  listen(listener: (data: unknown) => void): void
  post(message: unknown): void
  readonly src: () => string
}

/** A `<webview>` element: messages go as JSON, one after the other, later, and only to who listens. */
export function createSimWebView(world: World, toHost: (event: WebViewMessage) => void) {
  const attributes = new Map<string, string>()
  let listener: ((data: unknown) => void) | null = null

  const view: WebView = strict('webview', {
    setAttribute(name: string, value: string) {
      if (!['src', 'width', 'height', 'style', 'uxpAllowInspector'].includes(name))
        throw new SimUnsupported(`attribute ${name}`)
      attributes.set(name, value)
    },
    postMessage(message: unknown) {
      const copy = overJson(message)
      setTimeout(() => listener?.(copy), 0)
    }
  })

  function overJson(message: unknown): unknown {
    refusePixels(message)
    const text = JSON.stringify(message)
    if (text.length > messageLimit) world.faults.push(`a message of ${text.length} characters`)
    return JSON.parse(text)
  }

  const page: SimPage = {
    listen: (next) => (listener = next),
    post(message) {
      const copy = overJson(message)
      setTimeout(() => toHost({ data: copy, origin: 'plugin:/plugin/panel.html', source: view }), 0)
    },
    src: () => attributes.get('src') ?? ''
  }
  return { view, page }
}

/** Throws at what JSON would silently spoil. */
function refusePixels(value: unknown, path = 'message'): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return
  } else if (Array.isArray(value)) {
    value.forEach((item, at) => refusePixels(item, `${path}[${at}]`))
    return
  } else if (typeof value === 'object' && isPlain(value)) {
    for (const [name, inner] of Object.entries(value))
      if (inner !== undefined) refusePixels(inner, `${path}.${name}`)
    return
  }
  throw new SimUnsupported(`${Object.prototype.toString.call(value)} in a message, at ${path}`)
}

/** Also for objects of another realm: the built script runs in its own. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype !== null && Object.getPrototypeOf(prototype) === null
}
