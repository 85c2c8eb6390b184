import { openSocketOf, openWebSocket, type OpenSocket } from './socket.ts'

/** The runtime's own WebSocket, or that of the package `ws`: Node has none before version 22. */
export async function anySocket(): Promise<OpenSocket> {
  if ('WebSocket' in globalThis) return openWebSocket
  const { WebSocket } = await import('ws')
  return (url, handlers) => openSocketOf(WebSocket, url, handlers)
}
