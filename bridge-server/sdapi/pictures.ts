import type { Gray, Rgba } from '../image/pixels.ts'
import { AppError } from '../errors.ts'
import type { BlobStore } from '../jobs/blobs.ts'
import type { ImageRef } from '../protocol/images.ts'
import { shown, wrong } from './fields.ts'

/** Longest side and pixels of a picture that is sent: 64 megapixels, told by its header before it is unpacked. */
const limits = { side: 32_768, pixels: 2 ** 26 }

/** A picture as base64, with or without `data:…;base64,` before it. Rejects with AppError that names the field. */
export async function decodedPicture(value: unknown, field: string): Promise<Rgba> {
  const { decodePicture } = await import('../image/codec.ts')
  try {
    return await decodePicture(bytesOf(value, field), limits)
  } catch (error) {
    if (!(error instanceof AppError) || error.field !== undefined) throw error
    throw new AppError(error.code, {
      message: `${field}: ${error.message}`,
      field,
      ...(error.hint === undefined ? {} : { hint: error.hint })
    })
  }
}

/** The file that was sent. Throws AppError that names the field. */
export function bytesOf(value: unknown, field: string): Buffer {
  if (typeof value !== 'string')
    throw wrong(field, `must be a picture as base64 text, but is ${shown(value)}.`)
  const text = value.trim()
  if (/^https?:/i.test(text.slice(0, 8)))
    throw wrong(field, 'must be the picture itself; this server fetches no addresses.')
  const mark = /^data:[^,]{0,100};base64,/i.exec(text.slice(0, 120))?.[0] ?? ''
  const bytes = Buffer.from(text.slice(mark.length), 'base64')
  if (bytes.length > 0) return bytes
  throw wrong(field, `must be a picture as base64 text, but is ${shown(value)}.`)
}

/** Base64 of an opaque PNG; `parameters` is written into it where there are any. */
export async function encodedPicture(picture: Rgba, parameters: string | null): Promise<string> {
  const { encodePng } = await import('../image/codec.ts')
  const text = parameters === null ? {} : { parameters }
  return (await encodePng(picture, text, 'opaque')).toString('base64')
}

/** Stores a picture where jobs find it. */
export async function storedPicture(blobs: BlobStore, { width, height, data }: Rgba): Promise<ImageRef> {
  const blob = await blobs.put(new Uint8Array(data.buffer, data.byteOffset, data.length))
  return { blob, width, height, format: 'rgba8' }
}

export async function storedMask(blobs: BlobStore, { width, height, data }: Gray): Promise<ImageRef> {
  return { blob: await blobs.put(data), width, height, format: 'gray8' }
}

export async function readPicture(blobs: BlobStore, { blob, width, height }: ImageRef): Promise<Rgba> {
  const bytes = await blobs.get(blob)
  return { width, height, data: new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.length) }
}
