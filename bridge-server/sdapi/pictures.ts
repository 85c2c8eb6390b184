import type { Rgba } from '../image/pixels.ts'
import { AppError } from '../errors.ts'
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
