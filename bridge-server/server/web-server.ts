import { createServer, maxHeaderSize, STATUS_CODES, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import { AppError, toErrorReply } from '../errors.ts'
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

/** Answers what is no request, of which no route ever hears, and closes its connection. */
export function answerBroken(error: Error, socket: Socket): void {
  if (socket.destroyed || !socket.writable) return
  const [status, reply] = complaint('code' in error ? error.code : undefined)
  const body = JSON.stringify(toErrorReply(reply))
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body
    ].join('\r\n')
  )
}

/** By Node's code. */
function complaint(code: unknown): readonly [number, AppError] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [
        431,
        new AppError('too-large', {
          message: `The headers of the request have more than ${maxHeaderSize} bytes.`,
          hint: 'Send fewer or shorter ones.'
        })
      ]
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [
        408,
        new AppError('too-slow', {
          message: 'The headers of the request did not come in time.',
          hint: 'Send it again over a faster connection.'
        })
      ]
    default:
      return [
        400,
        new AppError('bad-message', {
          message: 'This is no HTTP request that can be understood.',
          hint: 'Look at what sent it: the request line, the headers or the lengths are wrong.'
        })
      ]
  }
}
