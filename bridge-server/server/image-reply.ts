import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, toErrorReply } from '../errors.ts'
import type { BlobStore } from '../jobs/blobs.ts'
import type { ImageRef } from '../protocol/images.ts'
import { bytesPerPixel } from '../protocol/pixels.ts'
import { rangeOf, type ByteRange } from './byte-range.ts'

/** `?as=png`, or `?as=jpeg&side=160` for a small look at it; raw bytes, also in ranges, when it is left out. */
export interface ImageQuery {
  as?: string
  side?: string
}

interface ImageSource {
  readonly image: ImageRef
  /** All bytes, or a range of them. */
  readonly bytes: (range: ByteRange | null) => Promise<Uint8Array>
  /** What a PNG says of how it was made. */
  readonly texts?: () => Promise<Readonly<Record<string, string>>>
}

/** Pixels of a thumbnail's longer side, where none is named, and at most. */
const usualSide = 160
const maxSide = 512

/** The bytes of a blob, for `sendImage`. */
export const bytesOfBlob =
  (blobs: BlobStore, id: string): ImageSource['bytes'] =>
  (range) =>
    range === null ? blobs.get(id) : blobs.part(id, range.from, range.to)

/** Sends an image as it is asked for; its name is that of its bytes, so that nobody needs to ask twice. */
export async function sendImage(
  request: FastifyRequest<{ Querystring: ImageQuery }>,
  reply: FastifyReply,
  { image, bytes: read, texts }: ImageSource
): Promise<FastifyReply> {
  const as = request.query.as ?? 'raw'
  if (as !== 'raw' && as !== 'png' && as !== 'jpeg')
    throw new AppError('bad-message', {
      message: `An image does not come as ${as.slice(0, 40)}.`,
      hint: 'Ask for it as raw, as png, or as jpeg with a side.'
    })
  const side = sideOf(request.query.side)
  const etag = `"${image.blob}-${as}${as === 'jpeg' ? side : ''}"`
  void reply.headers({ etag, 'cache-control': 'private, max-age=31536000, immutable' })
  if (request.headers['if-none-match'] === etag) return reply.status(304).send()
  if (as === 'png') return reply.type('image/png').send(await pngOf(image, await read(null), await texts?.()))
  if (as === 'jpeg') return reply.type('image/jpeg').send(await thumbnailOf(image, await read(null), side))
  const { range: asked, 'if-range': unchanged = etag } = request.headers
  return sendRaw(reply, { image, bytes: read }, unchanged === etag ? asked : undefined)
}

/** `asked` is the `Range` header, if it counts. */
async function sendRaw(reply: FastifyReply, { image, bytes: read }: ImageSource, asked: string | undefined) {
  const total = image.width * image.height * bytesPerPixel(image.format)
  const range = rangeOf(asked, total)
  void reply.header('accept-ranges', 'bytes')
  if (range === 'none') {
    const error = new AppError('bad-message', {
      message: `The image has ${total} bytes, none of which are in ${asked ?? ''}.`,
      hint: 'Ask for bytes that it has.'
    })
    return reply.status(416).header('content-range', `bytes */${total}`).send(toErrorReply(error))
  }
  if (range !== null)
    void reply.status(206).header('content-range', `bytes ${range.from}-${range.to - 1}/${total}`)
  const bytes = await read(range)
  return reply
    .type('application/octet-stream')
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
}

/** Pixels of a thumbnail's longer side, by the query. Throws AppError 'bad-message'. */
export function sideOf(text: string | undefined): number {
  if (text === undefined) return usualSide
  const side = Number(text)
  if (Number.isInteger(side) && side >= 1 && side <= maxSide) return side
  throw new AppError('bad-message', {
    message: `The side of a thumbnail cannot be ${text.slice(0, 40)}.`,
    hint: `Ask for 1 to ${maxSide} pixels.`
  })
}

async function thumbnailOf({ width, height }: ImageRef, data: Uint8Array, side: number): Promise<Buffer> {
  const { encodeThumbnail } = await import('../image/codec.ts')
  return encodeThumbnail({ width, height, data }, side)
}

async function pngOf(
  { width, height, format }: ImageRef,
  data: Uint8Array,
  texts: Readonly<Record<string, string>> = {}
): Promise<Buffer> {
  // The codec's native part is not needed to start.
  const { encodePng } = await import('../image/codec.ts')
  return encodePng(
    format === 'gray8'
      ? { width, height, data }
      : { width, height, data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) },
    texts
  )
}
