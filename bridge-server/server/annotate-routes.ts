import type { FastifyInstance, FastifyReply } from 'fastify'
import { AppError } from '../errors.ts'
import { missingBlobs, type BlobStore } from '../jobs/blobs.ts'
import { AnnotateRequest, maxAnnotatedPixels, type AnnotateReply } from '../protocol/annotators.ts'
import type { ImageRef } from '../protocol/images.ts'
import { bytesPerPixel } from '../protocol/pixels.ts'
import { checked } from '../parse.ts'
import type { OwnBlobs } from './own-blobs.ts'
import { bytesOfBlob, sendImage, type ImageQuery } from './image-reply.ts'

/** Makes a map and stores it as a blob. Rejects with AppError, or with the signal's reason as soon as it is aborted. */
export type Annotate = (request: AnnotateRequest, signal: AbortSignal) => Promise<ImageRef>

interface AnnotateParts {
  readonly annotate: Annotate
  readonly blobs: BlobStore
  readonly owned: OwnBlobs
}

const maxRequestBytes = 16 * 1024
/** How many maps of one holder of a token are remembered; one that is forgotten can be made again. */
const remembered = 64

/** `POST /api/annotate`: a picture's map. `GET /api/maps/:blob`: its bytes, for whoever had it made. */
export function annotateRoutes(app: FastifyInstance, { annotate, blobs, owned }: AnnotateParts): void {
  const maps = new Map<string, Map<string, ImageRef>>()
  const remember = (holder: string, image: ImageRef): void => {
    const own = maps.get(holder) ?? new Map<string, ImageRef>()
    maps.set(holder, own)
    own.delete(image.blob)
    own.set(image.blob, image)
    const [oldest] = own.keys()
    if (own.size > remembered && oldest !== undefined) own.delete(oldest)
  }

  app.post('/api/annotate', { bodyLimit: maxRequestBytes }, async (request, reply) => {
    const asked = checked(AnnotateRequest, request.body)
    await checkImage(asked.image, owned.of(request.holder))
    const signal = closing(reply)
    try {
      const image = await annotate(asked, signal)
      remember(request.holder, image)
      owned.add(request.holder, image.blob)
      return await reply.send({ image } satisfies AnnotateReply)
    } catch (error) {
      if (!signal.aborted) throw error
      // Nobody is there to answer.
      return reply.hijack()
    }
  })

  app.get<{ Params: { blob: string }; Querystring: ImageQuery }>('/api/maps/:blob', (request, reply) => {
    const { blob } = request.params
    const image = maps.get(request.holder)?.get(blob)
    if (image === undefined)
      throw new AppError('not-found', {
        message: `There is no map ${blob.slice(0, 64)}.`,
        hint: 'Have it made again.'
      })
    return sendImage(request, reply, { image, bytes: bytesOfBlob(blobs, blob) })
  })
}

/** Aborted where the connection closes before the answer is out. */
function closing({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort()
  })
  return controller.signal
}

/** Throws AppError 'too-large', 'blob-missing', 'blob-mismatch'. */
async function checkImage(
  { blob, width, height, format }: ImageRef,
  blobs: Pick<BlobStore, 'renew'>
): Promise<void> {
  if (width * height > maxAnnotatedPixels)
    throw new AppError('too-large', {
      message: `The picture has ${width} × ${height} pixels; ${maxAnnotatedPixels} are allowed.`,
      hint: 'Choose a smaller area, or scale the picture down.'
    })
  const expected = width * height * bytesPerPixel(format)
  const bytes = await blobs.renew(blob)
  if (bytes === null) throw missingBlobs([blob])
  if (bytes === expected) return
  throw new AppError('blob-mismatch', {
    message: `The picture is ${width} × ${height} ${format}, which is ${expected} bytes; its blob has ${bytes}.`
  })
}
