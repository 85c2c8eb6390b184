import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import type { BlobStore } from '../jobs/blobs.ts'
import { imagesMade, imagesSent, type StoredJob } from '../jobs/job.ts'
import type { Previews } from '../jobs/previews.ts'
import type { Queue } from '../jobs/queue.ts'
import { provenanceText, sourceOf } from '../image/provenance.ts'
import { parametersOf } from '../image/request-parameters.ts'
import type { Catalogue } from '../protocol/catalogue.ts'
import type { ImageRef } from '../protocol/images.ts'
import { bytesOfBlob, sendImage, type ImageQuery } from './image-reply.ts'
import { clientKey } from './tokens.ts'

/** Jobs in a list where no limit is named, and at most. */
const defaultLimit = 50
const maxLimit = 500

interface JobRoutesParts {
  readonly queue: Queue
  readonly blobs: BlobStore
  readonly previews: Previews
  readonly catalogue: () => Promise<Catalogue>
  /** Of Marquee. */
  readonly version: string
}

interface OneJob {
  Params: { id: string }
}
interface OneImage {
  Params: { id: string; blob: string }
  Querystring: ImageQuery
}

/** `/api/jobs`: a client's history, and the images of its jobs. The client names itself by `X-Marquee-Client`. */
export function jobRoutes(app: FastifyInstance, parts: JobRoutesParts): void {
  const { queue, blobs, previews } = parts
  app.get<{ Querystring: { document?: string; limit?: string } }>('/api/jobs', (request, reply) => {
    const { document, limit } = request.query
    const filter = { limit: limitOf(limit), ...(document === undefined ? {} : { document }) }
    const list = queue.list(clientOf(request), filter)
    for (const { id, error } of list.damaged ?? []) request.log.warn({ job: id, error }, 'job cannot be read')
    return reply.send(list)
  })

  app.get<OneJob>('/api/jobs/:id', (request, reply) =>
    reply.send(queue.find(clientOf(request), request.params.id).job)
  )

  app.delete<OneJob>('/api/jobs/:id', async (request, reply) => {
    await queue.remove(clientOf(request), request.params.id)
    return reply.status(204).send()
  })

  for (const [method, starred] of [
    ['PUT', true],
    ['DELETE', false]
  ] as const)
    app.route<OneJob>({
      method,
      url: '/api/jobs/:id/star',
      handler: (request, reply) => {
        queue.star(clientOf(request), request.params.id, starred)
        return reply.status(204).send()
      }
    })

  app.get<OneImage>('/api/jobs/:id/images/:blob', async (request, reply) => {
    const { id, blob } = request.params
    const stored = queue.find(clientOf(request), id)
    const preview = previews.get(stored.key, blob)
    return sendImage(request, reply, {
      image: preview?.image ?? imageOf(stored, blob),
      texts: () => textsOf(stored, blob, parts),
      bytes:
        preview === null
          ? bytesOfBlob(blobs, blob)
          : (range) => Promise.resolve(preview.bytes.subarray(range?.from, range?.to))
    })
  })
}

/** What a PNG of a result's picture says of how it was made; previews, masks and what was sent say nothing. */
async function textsOf(
  { job: { request, result } }: StoredJob,
  blob: string,
  { catalogue, version }: JobRoutesParts
): Promise<Readonly<Record<string, string>>> {
  const variation = result?.variations.find(({ pixels }) => pixels.blob === blob)
  if (result === null || variation === undefined) return {}
  const parameters = parametersOf({ request, result, variation, catalogue: await catalogue(), version })
  return provenanceText(parameters, sourceOf(request))
}

function imageOf({ job }: StoredJob, blob: string): ImageRef {
  const images = [...imagesSent(job.request), ...(job.result === null ? [] : imagesMade(job.result))]
  const image = images.find((ref) => ref.blob === blob)
  if (image === undefined)
    throw new AppError('not-found', { message: `Job ${job.id} has no image ${blob.slice(0, 64)}.` })
  return image
}

function clientOf(request: FastifyRequest): string {
  const client = request.headers['x-marquee-client']
  if (typeof client === 'string' && isClientId(client)) return clientKey(request.holder, client)
  throw new AppError('bad-message', {
    message: 'The header X-Marquee-Client is missing or not 8 to 64 letters, digits, _ or -.',
    hint: 'Send the client id of the socket’s hello.'
  })
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return defaultLimit
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit
  throw new AppError('bad-message', {
    message: `limit is ${text.slice(0, 40)}.`,
    hint: `Ask for a whole number of 1 to ${maxLimit} jobs.`
  })
}

const isClientId = (text: string): boolean => /^[A-Za-z0-9_-]{8,64}$/.test(text)
