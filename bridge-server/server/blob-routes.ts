import type { FastifyInstance } from 'fastify'
import { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import type { BlobUploads } from '../jobs/blob-uploads.ts'
import { maxBlobBytes, missingBlobs, tooLarge, type BlobStore } from '../jobs/blobs.ts'
import { contentRangeOf } from './byte-range.ts'
import type { OwnBlobs } from './own-blobs.ts'

interface BlobRoutesParts {
  readonly blobs: BlobStore
  readonly owned: OwnBlobs
  readonly uploads: BlobUploads
  /** Throws AppError 'too-many' where a holder of a token has sent too much. */
  readonly takeUpload: (holder: string, bytes: number) => void
}

/**
 * `HEAD` and `PUT /api/blobs/:sha256`: raw bytes on their way to a job. A `PUT` with `Content-Range` is the next part of a large blob:
 * it is answered 202 until the last one, and `Upload-Offset` tells where the next part begins.
 */
export function blobRoutes(app: FastifyInstance, parts: BlobRoutesParts): void {
  const { blobs, owned, uploads, takeUpload } = parts
  app.head<{ Params: { id: string } }>('/api/blobs/:id', async (request, reply) => {
    const id = blobId(request.params.id)
    const bytes = await owned.of(request.holder).renew(id)
    if (bytes === null) {
      void reply.header('upload-offset', uploads.held(request.holder, id))
      throw missingBlobs([id])
    }
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
        throw new AppError('bad-message', {
          message: 'The body is no bytes.',
          hint: 'Send a blob with the content type application/octet-stream.'
        })
      const range = request.headers['content-range']
      const was =
        range === undefined
          ? await blobs.putStream(id, body)
          : await uploads.add(request.holder, id, contentRangeOf(range), body)
      if (was !== null) {
        // Not whether it is new here, which would tell what others have.
        const isKnown = owned.has(request.holder, id)
        owned.add(request.holder, id)
        return reply.status(isKnown ? 200 : 201).send({ blob: id })
      }
      void reply.header('upload-offset', uploads.held(request.holder, id))
      return reply.status(202).send({ blob: id })
    }
  )
}

function blobId(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text
  throw new AppError('bad-message', {
    message: `${text.slice(0, 80)} is no name of a blob.`,
    hint: 'Name a blob by the 64 lower-case hexadecimal digits of its sha256.'
  })
}
