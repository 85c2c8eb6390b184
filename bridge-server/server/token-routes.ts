import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import { checked } from '../protocol/parse.ts'
import { NewToken } from '../protocol/tokens.ts'
import { owner, type Tokens } from './tokens.ts'

/** `/api/tokens`: the owner lists, adds and revokes tokens of others. */
export function tokenRoutes(app: FastifyInstance, tokens: Tokens): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.holder === owner) {
      done()
      return
    }
    throw new AppError('unauthorized', {
      message: 'Only who has the link that Marquee printed may look after tokens.',
      hint: 'Use the token of that link.'
    })
  })
  app.get('/api/tokens', () => ({ tokens: tokens.list() }))
  app.post('/api/tokens', (request, reply) =>
    reply.status(201).send(tokens.add(checked(NewToken, request.body).name))
  )
  app.delete<{ Params: { id: string } }>('/api/tokens/:id', (request, reply) => {
    tokens.revoke(request.params.id)
    return reply.status(204).send()
  })
}
