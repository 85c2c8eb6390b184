import { readFile } from 'node:fs/promises'
import { invalid } from '../config-values.ts'
import { AppError } from '../errors.ts'
import type { Gray, Rgba } from '../image/pixels.ts'

/** A PNG, JPEG or WebP. Throws AppError 'not-found' or 'picture-unreadable', naming the file. */
export async function readPicture(file: string): Promise<Rgba> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new AppError('not-found', {
      message: `The picture ${file} cannot be read: ${reasonOf(cause)}.`,
      cause
    })
  })
  // Its native part takes a moment to load, which wrong options need not wait for.
  const { decodePicture } = await import('../image/codec.ts')
  try {
    return await decodePicture(bytes)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(error.code, {
      message: `${file}: ${error.message}`,
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint })
    })
  }
}

/** A mask or a map of grey levels: how bright a picture is (ITU-R BT.601), transparent pixels being black. */
export async function readGray(file: string): Promise<Gray> {
  const { width, height, data } = await readPicture(file)
  const gray = new Uint8Array(width * height)
  for (let i = 0; i < gray.length; i++) {
    const [r = 0, g = 0, b = 0, alpha = 0] = data.subarray(4 * i, 4 * i + 4)
    gray[i] = Math.round(((0.299 * r + 0.587 * g + 0.114 * b) * alpha) / 255)
  }
  return { width, height, data: gray }
}

/** Throws AppError 'settings-invalid' unless both have one size. */
export function checkSameSize(name: string, image: Gray | Rgba, picture: Gray | Rgba): void {
  if (image.width === picture.width && image.height === picture.height) return
  throw invalid(
    `${name} has ${image.width} × ${image.height} pixels, and the picture ${picture.width} × ${picture.height}.`,
    'Give both the same size.'
  )
}

/** What a system error says, without the name of the call. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : ''
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES' || code === 'EPERM') return 'it may not be accessed'
  if (code === 'EROFS') return 'it is read-only'
  if (code === 'ENOTDIR') return 'a file stands where a folder should'
  return error.message
}
