import type { RgbaImage } from '../host.ts'
import { sizeProblem } from './limits.ts'
import { readPictureHeader, type PictureHeader } from './picture-header.ts'
import { context2d } from './tile-cache.ts'

/** Why a picture cannot be opened: `message` for the person, `hint` what they can do. */
export class PictureProblem extends Error {
  readonly hint: string

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'PictureProblem'
    this.hint = hint
  }
}

/** Decodes a PNG, JPEG or WebP to its own bytes: no colour management, nothing premultiplied. Throws PictureProblem. */
export async function decodePicture(file: Blob, name: string): Promise<RgbaImage> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  const header = readPictureHeader(bytes)
  if (header === null)
    throw new PictureProblem(`“${name}” is not a PNG, JPEG or WebP picture.`, 'Save it as PNG and open that.')
  const problem = sizeProblem(header)
  if (problem !== null)
    throw new PictureProblem(
      `“${name}” cannot be opened: ${problem}`,
      'Make the picture smaller and open it again.'
    )
  try {
    return await decode(bytes, header)
  } catch (cause) {
    throw new PictureProblem(
      `“${name}” is damaged; its ${header.width} × ${header.height} pixels cannot be read.`,
      'Try to download or export the picture again.',
      cause
    )
  }
}

async function decode(bytes: Uint8Array<ArrayBuffer>, { type }: PictureHeader): Promise<RgbaImage> {
  const bitmap = await createImageBitmap(new Blob([bytes], { type }), {
    premultiplyAlpha: 'none',
    colorSpaceConversion: 'none'
  })
  const { width, height } = bitmap
  const context = context2d(new OffscreenCanvas(width, height))
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  const { data } = context.getImageData(0, 0, width, height)
  const flat: RgbaImage = { width, height, data }
  if (type === 'image/jpeg' || isOpaque(data)) return flat
  return (await decodeStraight(bytes, type)) ?? flat
}

function isOpaque(data: Uint8ClampedArray): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false
  return true
}

/** Half-transparent pixels lose colour in a 2D canvas, which keeps them premultiplied; a video frame does not. */
async function decodeStraight(data: Uint8Array<ArrayBuffer>, type: string): Promise<RgbaImage | null> {
  if (!('ImageDecoder' in globalThis)) return null
  const exactly = { premultiplyAlpha: 'none', colorSpaceConversion: 'none' } as const
  const decoder = new ImageDecoder({ data, type, ...exactly })
  const { image } = await decoder.decode()
  const { format, displayWidth: width, displayHeight: height } = image
  const bytes = new Uint8ClampedArray(width * height * 4)
  const isKnown = (format === 'RGBA' || format === 'BGRA') && image.allocationSize() === bytes.length
  if (isKnown) await image.copyTo(bytes)
  image.close()
  decoder.close()
  if (!isKnown) return null
  if (format === 'BGRA')
    for (let at = 0; at < bytes.length; at += 4) [bytes[at], bytes[at + 2]] = [bytes[at + 2]!, bytes[at]!]
  return { width, height, data: bytes }
}
