import type { FastifyInstance } from 'fastify'
import { AppError, toErrorReply } from '../errors.ts'
import type { Limits } from './limits.ts'

/** Breaks off requests whose body trickles in, as those of an attack that holds connections do; big files may take their time. */
export function guardPace(app: FastifyInstance, { paceSeconds, paceBytes }: Limits): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    done()
    if (raw.complete || raw.headers.upgrade !== undefined) return
    let before = raw.socket.bytesRead
    const check = setInterval(() => {
      const read = raw.socket.bytesRead - before
      before += read
      // What the server does not take in cannot come faster.
      if (raw.complete || read >= paceBytes || raw.readableFlowing === false) return
      clearInterval(check)
      const error = new AppError('too-slow', {
        message: `${read} bytes came in ${paceSeconds} seconds; at least ${paceBytes} must.`,
        hint: 'Send it again over a faster connection.'
      })
      reply.raw.once('finish', () => raw.destroy())
      if (!reply.sent) void reply.status(408).header('connection', 'close').send(toErrorReply(error))
    }, paceSeconds * 1000)
    raw.once('close', () => clearInterval(check))
  })
}
