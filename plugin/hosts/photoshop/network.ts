import { messageOf } from './modal.ts'

/** What the runtime of a plugin has for sockets; handlers by property are what is documented. */
export interface PluginSocket {
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onerror: (() => void) | null
  onclose: (() => void) | null
  send(text: string): void
  close(): void
}

interface SocketHandlers {
  readonly opened: () => void
  readonly received: (text: string) => void
  readonly closed: () => void
}

export interface Network {
  readonly fetch: typeof fetch
  readonly openSocket: (
    url: string,
    handlers: SocketHandlers
  ) => { readonly send: (text: string) => void; readonly close: () => void }
  /** The last attempt was refused by Photoshop itself, for the address is not in the manifest. */
  readonly isDenied: () => boolean
}

interface NetworkParts {
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>
  readonly connect: (url: string) => PluginSocket
  readonly later: (milliseconds: number, action: () => void) => () => void
}

/** Photoshop's network, with its differences from a browser's taken away. */
export function createNetwork({ fetch, connect, later }: NetworkParts): Network {
  let denied = false
  const noteDenial = (error: unknown) => {
    denied = /permission denied|manifest entry/i.test(messageOf(error))
  }

  return {
    isDenied: () => denied,
    async fetch(url, init = {}) {
      try {
        const response = await fetch(addressOf(url), plain(init))
        denied = false
        return response
      } catch (error) {
        noteDenial(error)
        throw error
      }
    },
    openSocket(url, { opened, received, closed }) {
      let isClosed = false
      const close = () => {
        if (isClosed) return
        isClosed = true
        closed()
      }
      let socket: PluginSocket
      try {
        socket = connect(url)
      } catch (error) {
        // A browser would close it later; Photoshop throws in the constructor.
        noteDenial(error)
        later(0, close)
        return { send: () => {}, close: () => {} }
      }
      socket.onopen = opened
      socket.onmessage = ({ data }) => {
        if (typeof data === 'string') received(data)
      }
      socket.onerror = close
      socket.onclose = close
      return { send: (text) => socket.send(text), close: () => socket.close() }
    }
  }
}

const addressOf = (asked: Parameters<typeof fetch>[0]): string =>
  typeof asked === 'string' ? asked : 'href' in asked ? asked.href : asked.url

/** Bodies are documented for plain byte arrays only, and not for views of a part of a buffer. */
function plain(init: RequestInit): RequestInit {
  const { body } = init
  if (!ArrayBuffer.isView(body) || !(body.buffer instanceof ArrayBuffer)) return init
  const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  return { ...init, body: bytes.length === body.buffer.byteLength ? bytes : bytes.slice() }
}
