import sharp from 'sharp'
import { AppError } from '../errors.ts'
import type { Size } from '../protocol/geometry.ts'
import type { Gray, Rgba } from './pixels.ts'
import { exifComment } from './exif-comment.ts'
import { requireKnownFormat } from './picture-format.ts'
import { readText, withText } from './png-text.ts'

interface DecodeLimits {
  /** Longest side and most pixels that are taken; a picture's header tells before anything is unpacked. */
  readonly side: number
  readonly pixels: number
}

const defaultLimits: DecodeLimits = { side: 32_768, pixels: 128 * 2 ** 20 }

/**
 * A PNG, JPEG or WebP picture, turned upright and brought to sRGB. Throws AppError 'picture-unreadable', or 'too-large'
 * before a picture over the limits is unpacked.
 */
export async function decodePicture(bytes: Uint8Array, limits = defaultLimits): Promise<Rgba> {
  await checkHeader(bytes, limits)
  const { data, info } = await readable(() =>
    sharp(bytes, { limitInputPixels: false, failOn: 'error' })
      .rotate()
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
  )
  return {
    width: info.width,
    height: info.height,
    data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length)
  }
}

/** Throws AppError 'picture-unreadable', or 'too-large'. */
async function checkHeader(bytes: Uint8Array, limits: DecodeLimits): Promise<void> {
  const { width, height } = await metadataOf(bytes)
  if (Math.max(width, height) > limits.side || width * height > limits.pixels)
    throw new AppError('too-large', {
      message: `The picture has ${width} × ${height} pixels; at most ${limits.side} a side and ${limits.pixels} in all are taken.`,
      hint: 'Scale it down first.'
    })
}

/** A small look at a PNG, JPEG or WebP, as `encodeThumbnail` makes it. Throws as `decodePicture` does. */
export async function lookAt(bytes: Uint8Array, side: number, limits = defaultLimits): Promise<Buffer> {
  await checkHeader(bytes, limits)
  return readable(() =>
    sharp(bytes, { limitInputPixels: false, failOn: 'error' })
      .rotate()
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 80 })
      .toBuffer()
  )
}

/** By the header alone; an upright size. Throws AppError 'picture-unreadable'. */
export async function pictureSize(bytes: Uint8Array): Promise<Size> {
  const { width, height, orientation = 1 } = await metadataOf(bytes)
  return orientation >= 5 ? { width: height, height: width } : { width, height }
}

/** A PNG, JPEG or WebP file's texts by keyword; an EXIF user comment counts as `UserComment`. Throws AppError 'picture-unreadable'. */
export async function pictureTexts(bytes: Buffer): Promise<Readonly<Record<string, string>>> {
  await metadataOf(bytes)
  const comment = exifComment(bytes)
  return { ...readText(bytes), ...(comment === null ? {} : { UserComment: comment }) }
}

/**
 * A PNG of the exact bytes. `text` is written as text chunks, such as `parameters` of the web UI. `opaque` leaves alpha out, for
 * programs that do not expect it.
 */
export async function encodePng(
  { width, height, data }: Rgba | Gray,
  text: Readonly<Record<string, string>> = {},
  alpha: 'with alpha' | 'opaque' = 'with alpha'
): Promise<Buffer> {
  const channels = data.length === width * height ? 1 : 4
  const pixels = sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
  const colours =
    channels === 1 ? pixels.toColourspace('b-w') : alpha === 'opaque' ? pixels.removeAlpha() : pixels
  return withText(await colours.png({ compressionLevel: 6 }).toBuffer(), text)
}

/** A small opaque JPEG on white, its longer side at most `side` pixels: a look at a picture, not the picture. */
export function encodeThumbnail(
  { width, height, data }: Size & { readonly data: Uint8Array | Uint8ClampedArray },
  side: number
): Promise<Buffer> {
  const channels = data.length === width * height ? 1 : 4
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
    .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: 80 })
    .toBuffer()
}

const metadataOf = (bytes: Uint8Array) => {
  requireKnownFormat(bytes)
  return readable(() => sharp(bytes, { limitInputPixels: false }).metadata())
}

async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw new AppError('picture-unreadable', {
      message: 'The picture cannot be read; it is damaged, cut off or no picture.',
      hint: 'Open it in an image editor and save it again as PNG, JPEG or WebP.',
      cause
    })
  }
}
