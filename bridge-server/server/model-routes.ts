import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import { ModelChoice, ModelFolder, type Catalogue } from '../protocol/catalogue.ts'
import { checked } from '../parse.ts'
import { isForwarded, isFromThisComputer } from './this-computer.ts'

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

/** `GET /api/catalogue`: what there is, and on this computer where. */
export function catalogueRoute(app: FastifyInstance, catalogue: () => Promise<Catalogue>): void {
  app.get('/api/catalogue', async (request) => {
    const found = await catalogue()
    return isFromThisComputer(request) ? found : withoutPaths(found)
  })
}

const withoutPaths = (found: Catalogue): Catalogue => ({
  ...found,
  folders: [],
  refused: found.refused.map(({ id, name, code, message, hint }) => ({ id, name, code, message, hint }))
})

/**
 * `PUT /api/models/:name` takes a model file in, `PUT /api/model-choices/:id` what a person says of one,
 * `POST` and `DELETE /api/model-folders` a folder on this computer.
 */
export function modelRoutes(
  app: FastifyInstance,
  models: ModelKeeper,
  /** Throws AppError 'too-many' where a holder of a token has sent too much. */
  takeUpload: (holder: string, bytes: number) => void
): void {
  app.put<OneModel>(
    '/api/models/:id',
    // What a token may send in an hour and the disk are the limits.
    { bodyLimit: Number.MAX_SAFE_INTEGER },
    async (request, reply) => {
      const { body } = request
      if (!(body instanceof Readable))
        throw new AppError('bad-message', {
          message: 'A model file is sent as application/octet-stream, and has at least one byte.',
          hint: 'Send the bytes of the file as they are, with that content type.'
        })
      const length = request.headers['content-length']
      const announced = length === undefined ? null : Number(length)
      const take = (bytes: number): void => takeUpload(request.holder, bytes)
      if (announced !== null) take(announced)
      await models.receive(request.params.id, announced === null ? counted(body, take) : body, announced)
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

/** A body that does not say how long it is is counted as it is read; nobody listens to errors before. */
const counted = (body: Readable, take: (bytes: number) => void): Readable =>
  Readable.from(countedChunks(body, take), { objectMode: false })

async function* countedChunks(body: Readable, take: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of body as AsyncIterable<Buffer>) {
    take(chunk.length)
    yield chunk
  }
}

/** Paths are those of this computer, and only who sits at it may say which the server reads. */
function requireThisComputer(request: FastifyRequest): void {
  if (isFromThisComputer(request)) return
  const whence = isForwarded(request.headers) ? 'through a proxy' : `from ${request.ip}`
  throw new AppError('forbidden-host', {
    message: `Folders are added on the computer that Marquee runs on, not ${whence}.`,
    hint: 'Start Marquee with --models FOLDER there.'
  })
}
