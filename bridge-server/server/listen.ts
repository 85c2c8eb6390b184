import type { FastifyInstance } from 'fastify'
import type { Server } from 'node:http'
import { AppError } from '../errors.ts'
import type { Access } from './access.ts'
import type { Limits } from './limits.ts'
import { createWebServer } from './web-server.ts'

interface ListenParts {
  /** 0 takes a free one. */
  readonly port: number
  readonly access: Access
  readonly limits: Limits
}

/**
 * Serves at `access.host`, or, where there is none, on 127.0.0.1 and, where this computer has IPv6, on ::1: `localhost` may be either.
 * Resolves to the port. Throws AppError 'port-in-use', which says so where the other program is a Marquee.
 */
export async function listen(app: FastifyInstance, { port, access, limits }: ListenParts): Promise<number> {
  const onIpv6 = createWebServer((request, response) => app.routing(request, response), access, limits)
  onIpv6.on('upgrade', (...upgrade) => app.server.emit('upgrade', ...upgrade))
  app.addHook('preClose', (done) => {
    onIpv6.close()
    onIpv6.closeAllConnections()
    done()
  })
  try {
    await app.listen({ host: access.host ?? '127.0.0.1', port })
    const address = app.server.address()
    const bound = typeof address === 'object' && address !== null ? address.port : port
    if (access.host === null) await listenOnIpv6(onIpv6, bound)
    return bound
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE')) throw await portInUse(port)
    if (!hasCode(error, 'EADDRNOTAVAIL') && !hasCode(error, 'ENOTFOUND')) throw error
    throw new AppError('settings-invalid', {
      message: `${String(access.host)} is no address or name of this computer.`,
      hint: 'Choose one of its own with --listen, or 0.0.0.0 for all of them.',
      cause: error
    })
  }
}

function listenOnIpv6(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => (isMissingIpv6(error) ? resolve() : reject(error)))
    server.listen(port, '::1', resolve)
  })
}

async function portInUse(port: number): Promise<AppError> {
  const address = `http://localhost:${port}/`
  if (await isMarquee(address))
    return new AppError('port-in-use', {
      message: `Another Marquee already serves at ${address}.`,
      hint: 'Use that one, stop it, or start this one with another --port and --data.'
    })
  return new AppError('port-in-use', {
    message: `Port ${port} is taken by another program.`,
    hint: 'Stop that program, or choose another port with --port.'
  })
}

async function isMarquee(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address}api/health`, { signal: AbortSignal.timeout(1000) })
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null && 'name' in body && body.name === 'marquee'
  } catch {
    return false
  }
}

const isMissingIpv6 = (error: Error): boolean =>
  ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL', 'ENETUNREACH'].some((code) => hasCode(error, code))

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
