import { AppError } from '../errors.ts'
import type { ImageRef } from '../protocol/images.ts'
import { bytesPerPixel } from '../protocol/pixels.ts'
import type { Gray, Rgba } from './pixels.ts'

/** Where bytes are kept by their names (jobs/blobs.ts). */
interface Blobs {
  get(id: string): Promise<Buffer>
  put(bytes: Uint8Array): Promise<string>
}

// Images as blobs. Reading throws AppError 'blob-missing', and 'blob-mismatch' where a blob has not the bytes that its ref says.

/** An image in the format that its ref names. */
export const readImage = (blobs: Blobs, image: ImageRef): Promise<Rgba | Gray> =>
  image.format === 'rgba8' ? readRgba(blobs, image) : readGray(blobs, image)

export async function readRgba(blobs: Blobs, image: ImageRef): Promise<Rgba> {
  const bytes = await bytesOf(blobs, image)
  const data = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.length)
  return { width: image.width, height: image.height, data }
}

export async function readGray(blobs: Blobs, image: ImageRef): Promise<Gray> {
  const bytes = await bytesOf(blobs, image)
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  return { width: image.width, height: image.height, data }
}

async function bytesOf(blobs: Blobs, { blob, width, height, format }: ImageRef): Promise<Buffer> {
  const bytes = await blobs.get(blob)
  const expected = width * height * bytesPerPixel(format)
  if (bytes.length === expected) return bytes
  throw new AppError('blob-mismatch', {
    message: `Blob ${blob} has ${bytes.length} bytes; ${width} × ${height} ${format} has ${expected}.`
  })
}

export const storeImage = (blobs: Blobs, image: Rgba | Gray): Promise<ImageRef> =>
  image.data.length === image.width * image.height
    ? store(blobs, image, 'gray8')
    : store(blobs, image, 'rgba8')

async function store(
  blobs: Blobs,
  { width, height, data }: Rgba | Gray,
  format: ImageRef['format']
): Promise<ImageRef> {
  const blob = await blobs.put(new Uint8Array(data.buffer, data.byteOffset, data.length))
  return { blob, width, height, format }
}
