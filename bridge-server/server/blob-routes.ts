import type { FastifyInstance } from 'fastify'
import { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import { maxBlobBytes, missingBlobs, tooLarge, type BlobStore } from '../jobs/blobs.ts'

interface BlobRoutesParts {
  readonly blobs: BlobStore
  /** Throws AppError 'too-many' where a holder of a token has sent too much. */
  readonly takeUpload: (holder: string, bytes: number) => void
}

/** `HEAD` and `PUT /api/blobs/:sha256`: raw bytes on their way to a job. */
export function blobRoutes(app: FastifyInstance, { blobs, takeUpload }: BlobRoutesParts): void {
  app.head<{ Params: { id: string } }>('/api/blobs/:id', async (request, reply) => {
    const id = blobId(request.params.id)
    const bytes = await blobs.renew(id)
    if (bytes === null) throw missingBlobs([id])
    return reply.header('content-length', bytes).send()
  })

  app.put<{ Params: { id: string } }>(
    '/api/blobs/:id',
    { bodyLimit: maxBlobBytes },
    async (request, reply) => {
      const id = blobId(request.params.id)
      const announced = Number(request.headers['content-length'] ?? 0)
      const isChunked = request.headers['transfer-encoding'] !== undefined
      if (announced > maxBlobBytes) throw tooLarge(announced)
      takeUpload(request.holder, isChunked ? maxBlobBytes : announced)
      // An empty body has no content type and so was not parsed.
      const body = request.body ?? Readable.from([])
      if (!(body instanceof Readable))
        throw new AppError('bad-message', { message: 'A blob is sent as application/octet-stream.' })
      const was = await blobs.putStream(id, body)
      return reply.status(was === 'new' ? 201 : 200).send({ blob: id })
    }
  )
}

function blobId(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text
  throw new AppError('bad-message', {
    message: `A blob is named by the 64 lower-case hexadecimal digits of its sha256, not by ${text.slice(0, 80)}.`
  })
}
