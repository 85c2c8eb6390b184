import { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { AppError, toErrorReply } from '../errors.ts'
import type { Limits } from './limits.ts'

/**
 * Breaks off requests whose body trickles in, as those of an attack that holds connections do; big files may take their time. What
 * still comes after the answer is nobody's, and so gets no longer than a silent connection.
 */
export function guardPace(app: FastifyInstance, { paceSeconds, paceBytes, idleSeconds }: Limits): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    const { socket } = raw
    done()
    // What is injected (Fastify's `inject`) came over no connection.
    if (raw.complete || request.ws || !(socket instanceof Socket)) return
    let before = socket.bytesRead
    let answeredSeconds = 0
    const check = setInterval(() => {
      if (raw.complete) {
        stop()
        return
      }
      const read = socket.bytesRead - before
      before += read
      if (reply.raw.writableFinished) answeredSeconds += paceSeconds
      // What the server does not take in cannot come faster.
      const isPacing = read >= paceBytes || raw.readableFlowing === false
      if (isPacing && answeredSeconds < idleSeconds) return
      stop()
      if (reply.raw.writableFinished) socket.destroy()
      reply.raw.once('finish', () => raw.destroy())
      if (!reply.sent) void reply.status(408).header('connection', 'close').send(tooSlow(read))
    }, paceSeconds * 1000)
    const stop = (): void => {
      clearInterval(check)
      raw.off('end', stop)
      socket.off('close', stop)
    }
    raw.once('end', stop)
    socket.once('close', stop)

    const tooSlow = (read: number) =>
      toErrorReply(
        new AppError('too-slow', {
          message: `${read} bytes came in ${paceSeconds} seconds; at least ${paceBytes} must.`,
          hint: 'Send it again over a faster connection.'
        })
      )
  })
}
