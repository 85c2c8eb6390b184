import type { FastifyInstance } from 'fastify'
import type { Server } from 'node:http'
import { AppError } from '../errors.ts'
import { furtherAddresses, type Access } from './access.ts'
import type { Limits } from './limits.ts'
import { answerBroken, createWebServer } from './web-server.ts'

interface ListenParts {
  /** 0 takes a free one. */
  readonly port: number
  readonly access: Access
  readonly limits: Limits
}

/**
 * Serves at `access.host`, or, where there is none, on 127.0.0.1, and on loopback in any case, on ::1 where this computer has
 * IPv6: `localhost` may be either. Resolves to the port. Throws AppError 'port-in-use', which says so where the other program is a
 * Marquee.
 */
export async function listen(app: FastifyInstance, { port, access, limits }: ListenParts): Promise<number> {
  const further = furtherAddresses(access).map((address) => ({ address, server: twin(app, access, limits) }))
  app.addHook('preClose', (done) => {
    for (const { server } of further) {
      server.close()
      server.closeAllConnections()
    }
    done()
  })
  try {
    await app.listen({ host: access.host ?? '127.0.0.1', port })
    const address = app.server.address()
    const bound = typeof address === 'object' && address !== null ? address.port : port
    for (const { server, address } of further) await listenBeside(server, bound, address)
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

/** Another server for the same requests and sockets; Fastify listens at one address. */
function twin(app: FastifyInstance, access: Access, limits: Limits): Server {
  const server = createWebServer((request, response) => app.routing(request, response), access, limits)
  server.on('clientError', answerBroken)
  server.on('upgrade', (...upgrade) => app.server.emit('upgrade', ...upgrade))
  return server
}

function listenBeside(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => (isMissing(error) ? resolve() : reject(error)))
    server.listen(port, address, resolve)
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

/** IPv6, most of all. */
const isMissing = (error: Error): boolean =>
  ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL', 'ENETUNREACH'].some((code) => hasCode(error, code))

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
