import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import { owner } from './tokens.ts'

/** Lets only the owner's token use what is added to `app`; `what` ends the sentence “Only who has the link that Marquee printed may …”. */
export function ownersOnly(app: FastifyInstance, what: string): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.holder === owner) {
      done()
      return
    }
    throw new AppError('unauthorized', {
      message: `Only who has the link that Marquee printed may ${what}.`,
      hint: 'Use the token of that link, or the page in the browser that it opens.'
    })
  })
}
