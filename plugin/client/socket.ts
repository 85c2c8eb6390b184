/** What the client needs of a WebSocket, so that any JavaScript runtime can give it one. */
export interface Socket {
  readonly send: (text: string) => void
  readonly close: () => void
}

interface SocketHandlers {
  readonly opened: () => void
  readonly received: (text: string) => void
  /** Called once, also when the socket never opened. */
  readonly closed: () => void
}

export type OpenSocket = (url: string, handlers: SocketHandlers) => Socket

/** What the web's WebSocket and the package `ws` share. */
export type WebSocketClass = new (url: string) => {
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  send(text: string): void
  close(): void
}

/** The runtime's own WebSocket. */
export const openWebSocket: OpenSocket = (url, handlers) => openSocketOf(WebSocket, url, handlers)

export function openSocketOf(Class: WebSocketClass, url: string, handlers: SocketHandlers): Socket {
  const socket = new Class(url)
  socket.addEventListener('open', () => handlers.opened())
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') handlers.received(data)
  })
  // A failed socket reports `error` and then `close`; the second is enough.
  socket.addEventListener('error', () => undefined)
  socket.addEventListener('close', () => handlers.closed())
  return { send: (text) => socket.send(text), close: () => socket.close() }
}
