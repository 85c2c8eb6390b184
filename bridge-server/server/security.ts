import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import type { Tokens } from './tokens.ts'

/** Compares in a time that tells nothing about the secret. */
export function isSame(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(secret))
}

export const unauthorized = (): AppError =>
  new AppError('unauthorized', {
    message: 'The token is missing or wrong.',
    hint: 'Open the link that Marquee printed when it started; it carries the token.'
  })

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token the request carries. */
    holder: string
  }
}

/** Throws AppError 'unauthorized' unless the request carries `Authorization: Bearer <token>`; notes whose token it is. */
export function requireToken(request: FastifyRequest, tokens: Tokens): void {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const holder = given === undefined ? null : tokens.holderOf(given)
  if (holder === null) throw unauthorized()
  request.holder = holder
}

/** How the server is reached. */
export interface Address {
  readonly port: () => number
  readonly secure: boolean
  /** Names and addresses as they stand in URLs, without ports. */
  readonly names: readonly string[]
}

/**
 * Refuses what did not come to this computer under its own name (DNS rebinding) and what another page sent, and
 * tells browsers what our page may do. A Photoshop panel has the origin `file://` or `null`; it proves itself by the token.
 */
export function guardRequests(app: FastifyInstance, { port, secure, names }: Address): void {
  const scheme = secure ? 'https' : 'http'
  app.addHook('onRequest', (request, reply, done) => {
    const hosts = names.map((name) => `${name}:${port()}`)
    const { host = '', origin } = request.headers
    if (!hosts.includes(withPort(host, secure)))
      throw new AppError('forbidden-host', {
        message: `The request is for ${host || 'no host'}, but this is ${hosts.join(', ')}.`,
        hint: `Open ${scheme}://${hosts[0] ?? ''}/.`
      })
    if (origin !== undefined && !isOwnOrigin(origin, hosts, secure))
      throw new AppError('forbidden-host', {
        message: `Pages of ${origin} may not use Marquee.`,
        hint: `Open ${scheme}://${host}/ itself.`
      })
    reply.headers(pageRules(`${secure ? 'wss' : 'ws'}://${host}`))
    if (secure || isLoopback(host)) reply.header('cross-origin-opener-policy', 'same-origin')
    done()
  })
}

/** Where a page comes from elsewhere without TLS, browsers heed no `Cross-Origin-Opener-Policy`, and complain of it. */
const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])\.?(:\d+)?$/i.test(host)

/** A `Host` as this server lists its own: in small letters, without the root's dot, with the port that its scheme leaves out. */
function withPort(host: string, secure: boolean): string {
  const [, name = '', port = secure ? '443' : '80'] = /^(\[[^\]]*\]|[^:]*?)\.?(?::(\d+))?$/.exec(host) ?? []
  return `${name.toLowerCase()}:${port}`
}

function isOwnOrigin(origin: string, hosts: readonly string[], secure: boolean): boolean {
  if (origin === 'null' || origin === 'file://') return true
  const start = secure ? 'https://' : 'http://'
  return origin.startsWith(start) && hosts.includes(withPort(origin.slice(start.length), secure))
}

const pageRules = (socket: string): Record<string, string> => ({
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    `connect-src 'self' ${socket}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin'
})
