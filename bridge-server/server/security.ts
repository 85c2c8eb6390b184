import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'

const loopback = ['localhost', '127.0.0.1', '[::1]']

/** Compares in a time that tells nothing about the token. */
export function isToken(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

export const unauthorized = (): AppError =>
  new AppError('unauthorized', {
    message: 'The token is missing or wrong.',
    hint: 'Open the link that Marquee printed when it started; it carries the token.'
  })

/** Throws AppError 'unauthorized' unless the request carries `Authorization: Bearer <token>`. */
export function requireToken(request: FastifyRequest, token: string): void {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (given === undefined || !isToken(given, token)) throw unauthorized()
}

/**
 * Refuses what did not come to this computer under its own name (DNS rebinding) and what another page sent, and
 * tells browsers what our page may do. A Photoshop panel has the origin `file://` or `null`; it proves itself by the token.
 */
export function guardRequests(app: FastifyInstance, port: () => number): void {
  app.addHook('onRequest', (request, reply, done) => {
    const hosts = loopback.map((name) => `${name}:${port()}`)
    const { host = '', origin } = request.headers
    if (!hosts.includes(host))
      throw new AppError('forbidden-host', {
        message: `The request is for ${host || 'no host'}, but this is ${hosts.join(', ')}.`,
        hint: `Open http://${hosts[0] ?? ''}/.`
      })
    const allowed = [...hosts.map((name) => `http://${name}`), 'null', 'file://']
    if (origin !== undefined && !allowed.includes(origin))
      throw new AppError('forbidden-host', {
        message: `Pages of ${origin} may not use Marquee.`,
        hint: `Open http://${host}/ itself.`
      })
    reply.headers(pageRules(host))
    done()
  })
}

const pageRules = (host: string): Record<string, string> => ({
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    `connect-src 'self' ws://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin'
})
