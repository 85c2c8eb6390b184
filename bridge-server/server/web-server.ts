import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Access } from './access.ts'
import type { Limits } from './limits.ts'

/** Node's server, in whose hands slow and silent connections do not stay open. Not listening yet. */
export function createWebServer(
  handler: RequestListener,
  { tls }: Access,
  { connections, headerSeconds, idleSeconds }: Limits
): Server {
  const options = {
    headersTimeout: headerSeconds * 1000,
    // How long a whole request takes depends on its size: pace.ts looks after bodies.
    requestTimeout: 0,
    connectionsCheckingInterval: 1000
  }
  const server =
    tls === null ? createServer(options, handler) : createSecureServer({ ...options, ...tls }, handler)
  server.timeout = idleSeconds * 1000
  server.maxConnections = connections
  return server
}
