import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import { ModelChoice, ModelFolder } from '../protocol/catalogue.ts'
import { checked } from '../protocol/parse.ts'

/** What a person can do with models; each rejects with AppError. */
export interface ModelKeeper {
  choose(id: string, choice: ModelChoice): Promise<void>
  addFolder(folder: string): Promise<void>
  removeFolder(folder: string): Promise<void>
  /** Takes a file in; `bytes` is null where the sender does not say how many there are. */
  receive(name: string, stream: Readable, bytes: number | null): Promise<void>
}

interface OneModel {
  Params: { id: string }
}

/**
 * `PUT /api/models/:name` takes a model file in, `PUT /api/model-choices/:id` what a person says of one,
 * `POST` and `DELETE /api/model-folders` a folder on this computer.
 */
export function modelRoutes(app: FastifyInstance, models: ModelKeeper): void {
  app.put<OneModel>(
    '/api/models/:id',
    // The disk is the limit.
    { bodyLimit: Number.MAX_SAFE_INTEGER },
    async (request, reply) => {
      const { body } = request
      if (!(body instanceof Readable))
        throw new AppError('bad-message', {
          message: 'A model file is sent as application/octet-stream, and has at least one byte.'
        })
      const announced = Number(request.headers['content-length'] ?? NaN)
      await models.receive(request.params.id, body, Number.isNaN(announced) ? null : announced)
      return reply.status(201).send()
    }
  )

  app.put<OneModel>('/api/model-choices/:id', async (request, reply) => {
    await models.choose(request.params.id, checked(ModelChoice, request.body))
    return reply.status(204).send()
  })

  app.post('/api/model-folders', async (request, reply) => {
    requireThisComputer(request)
    await models.addFolder(checked(ModelFolder, request.body).folder)
    return reply.status(204).send()
  })

  app.delete('/api/model-folders', async (request, reply) => {
    requireThisComputer(request)
    await models.removeFolder(checked(ModelFolder, request.body).folder)
    return reply.status(204).send()
  })
}

/** Paths are those of this computer, and only who sits at it may say which the server reads. */
function requireThisComputer({ ip }: FastifyRequest): void {
  if (/^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(ip)) return
  throw new AppError('forbidden-host', {
    message: `Folders are added on the computer that Marquee runs on, not from ${ip}.`,
    hint: 'Start Marquee with --models FOLDER there.'
  })
}
