import type { FastifyInstance } from 'fastify'
import { createServer } from 'node:http'
import { AppError } from '../errors.ts'

/**
 * Serves on 127.0.0.1 and, where this computer has IPv6, on ::1: `localhost` may be either. Port 0 takes a free one.
 * Resolves to the port. Throws AppError 'port-in-use', which says so where the other program is a Marquee.
 */
export async function listen(app: FastifyInstance, port: number): Promise<number> {
  const onIpv6 = createServer((request, response) => app.routing(request, response))
  onIpv6.on('upgrade', (...upgrade) => app.server.emit('upgrade', ...upgrade))
  app.addHook('preClose', (done) => {
    onIpv6.close()
    onIpv6.closeAllConnections()
    done()
  })
  try {
    await app.listen({ host: '127.0.0.1', port })
    const address = app.server.address()
    const bound = typeof address === 'object' && address !== null ? address.port : port
    await new Promise<void>((resolve, reject) => {
      onIpv6.once('error', (error) => (isMissingIpv6(error) ? resolve() : reject(error)))
      onIpv6.listen(bound, '::1', resolve)
    })
    return bound
  } catch (error) {
    if (!hasCode(error, 'EADDRINUSE')) throw error
    throw await portInUse(port)
  }
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
