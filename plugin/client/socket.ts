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

/** The runtime's own WebSocket. */
export const openWebSocket: OpenSocket = (url, handlers) => {
  const socket = new WebSocket(url)
  socket.addEventListener('open', () => handlers.opened())
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') handlers.received(data)
  })
  // A failed socket reports `error` and then `close`; the second is enough.
  socket.addEventListener('close', () => handlers.closed())
  return { send: (text) => socket.send(text), close: () => socket.close() }
}
