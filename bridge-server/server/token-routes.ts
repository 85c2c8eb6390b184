import type { FastifyInstance } from 'fastify'
import { checked } from '../parse.ts'
import { NewToken } from '../protocol/tokens.ts'
import { ownersOnly } from './owners.ts'
import type { Tokens } from './tokens.ts'

/** `/api/tokens`: the owner lists, adds and revokes tokens of others. */
export function tokenRoutes(app: FastifyInstance, tokens: Tokens): void {
  ownersOnly(app, 'look after tokens')
  app.get('/api/tokens', () => ({ tokens: tokens.list() }))
  app.post('/api/tokens', (request, reply) =>
    reply.status(201).send(tokens.add(checked(NewToken, request.body).name))
  )
  app.delete<{ Params: { id: string } }>('/api/tokens/:id', (request, reply) => {
    tokens.revoke(request.params.id)
    return reply.status(204).send()
  })
}
