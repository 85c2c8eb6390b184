import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import { sideOf } from './image-reply.ts'

/**
 * The picture beside an extension's file as it lies there, by the extension's id; null where there is none. `stamp` changes with the
 * file. Rejects with AppError.
 */
export type ExtensionPicture = (
  id: string
) => Promise<{ readonly bytes: Uint8Array; readonly stamp: string } | null>

interface OnePicture {
  Params: { id: string }
  Querystring: { side?: string }
}

/** `GET /api/extensions/:id/picture`: a small look at the picture beside the file, as JPEG whatever it is. */
export function extensionRoutes(app: FastifyInstance, picture: ExtensionPicture): void {
  app.get<OnePicture>('/api/extensions/:id/picture', async (request, reply) => {
    const { id } = request.params
    const side = sideOf(request.query.side)
    const found = await picture(id)
    if (found === null)
      throw new AppError('not-found', {
        message: `There is no picture beside “${id.slice(0, 200)}”.`,
        hint: 'Put one beside its file, with the same name and .png, .jpg or .webp.'
      })
    const etag = `"${found.stamp}-${side}"`
    void reply.headers({ etag, 'cache-control': 'private, no-cache' })
    if (request.headers['if-none-match'] === etag) return reply.status(304).send()
    // The codec's native part is not needed to start.
    const { lookAt } = await import('../image/codec.ts')
    return reply.type('image/jpeg').send(await lookAt(found.bytes, side))
  })
}
