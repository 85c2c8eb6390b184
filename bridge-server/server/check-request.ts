import { AppError } from '../errors.ts'
import { maxBlobBytes, missingBlobs, type BlobStore } from '../jobs/blobs.ts'
import type { ImageRef, PixelFormat } from '../protocol/images.ts'
import { bytesPerPixel } from '../protocol/pixels.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import { checkUpscale } from './check-upscale.ts'

/**
 * What a schema cannot say: the area lies in the canvas, every image has the area's size and is here in full.
 * Throws AppError 'bad-message', 'too-large', 'blob-missing' (naming every blob that is to be sent), 'blob-mismatch'.
 */
export async function checkRequest(request: GenerateRequest, blobs: Pick<BlobStore, 'renew'>): Promise<void> {
  checkArea(request)
  checkUpscale(request)
  const images = imagesByField(request)
  for (const [field, image, format, isFree] of images) {
    if (!isFree) checkSize(field, image, request.area)
    checkImage(field, image, format)
  }
  if (request.mode !== 'txt2img' && request.snapshot === undefined)
    throw new AppError('bad-message', {
      message: `request.snapshot is missing; ${request.mode} starts from what is visible.`,
      hint: 'Send the pixels of the area as request.snapshot, or take mode txt2img.'
    })
  const sizes = await Promise.all(images.map(([, { blob }]) => blobs.renew(blob)))
  const missing = images.filter((_, index) => sizes[index] === null).map(([, { blob }]) => blob)
  if (missing.length > 0) throw missingBlobs([...new Set(missing)])
  for (const [index, [field, image]] of images.entries()) {
    const expected = bytesOf(image)
    if (sizes[index] === expected) continue
    throw new AppError('blob-mismatch', {
      message: `request.${field} is ${image.width} × ${image.height} ${image.format}, which is ${expected} bytes; its blob has ${String(sizes[index])}.`
    })
  }
}

function checkArea({ area, canvas }: GenerateRequest): void {
  if (
    area.x >= 0 &&
    area.y >= 0 &&
    area.x + area.width <= canvas.width &&
    area.y + area.height <= canvas.height
  )
    return
  throw new AppError('bad-message', {
    message: `request.area (${area.width} × ${area.height} at ${area.x}, ${area.y}) reaches out of the canvas of ${canvas.width} × ${canvas.height}.`,
    hint: 'Extend the canvas first, or choose an area inside it.'
  })
}

/** `isFree`: it need not have the area's size. */
type FieldImage = readonly [field: string, image: ImageRef, format: PixelFormat, isFree?: boolean]

function imagesByField({
  snapshot,
  selection,
  depth,
  controls = [],
  webui
}: GenerateRequest): readonly FieldImage[] {
  const images: FieldImage[] = []
  if (snapshot !== undefined) images.push(['snapshot', snapshot, 'rgba8', webui?.latentResize === true])
  if (selection !== undefined) images.push(['selection', selection, 'gray8'])
  if (depth !== undefined) images.push(['depth', depth, 'gray8'])
  for (const [i, { image, resize, mask }] of controls.entries()) {
    // A map may be of either kind.
    images.push([`controls.${i}.image`, image, image.format, resize !== undefined])
    if (mask !== undefined) images.push([`controls.${i}.mask`, mask, 'gray8'])
  }
  return images
}

function checkSize(field: string, { width, height }: ImageRef, area: GenerateRequest['area']): void {
  if (width !== area.width || height !== area.height)
    throw new AppError('bad-message', {
      message: `request.${field} is ${width} × ${height}, but the area is ${area.width} × ${area.height}.`,
      hint: `Send an image of ${area.width} × ${area.height}, or change request.area.`
    })
}

function checkImage(field: string, image: ImageRef, format: PixelFormat): void {
  const { width, height } = image
  if (image.format !== format)
    throw new AppError('bad-message', {
      message: `request.${field} must be ${format}, but is ${image.format}.`,
      hint: `Send it as ${format}, ${bytesPerPixel(format)} bytes a pixel.`
    })
  if (bytesOf(image) > maxBlobBytes)
    throw new AppError('too-large', {
      message: `request.${field} of ${width} × ${height} pixels has ${bytesOf(image)} bytes; ${maxBlobBytes} are allowed.`,
      hint: 'Select a smaller part, or scale the document down.'
    })
}

const bytesOf = ({ width, height, format }: ImageRef): number => width * height * bytesPerPixel(format)
