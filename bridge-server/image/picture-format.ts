import { AppError } from '../errors.ts'

/** What files begin with, as Latin-1. */
const beginnings: readonly (readonly [format: string, beginning: RegExp])[] = [
  ['png', /^\x89PNG\r\n\x1a\n/],
  ['jpeg', /^\xff\xd8\xff/],
  ['webp', /^RIFF[^]{4}WEBP/],
  ['gif', /^GIF8/],
  ['avif', /^[^]{4}ftypavi[fs]/],
  ['heif', /^[^]{4}ftyp/],
  ['tiff', /^(II\*\0|MM\0\*)/],
  ['bmp', /^BM/],
  ['pdf', /^%PDF/],
  ['svg', /^\s*(\xef\xbb\xbf)?\s*<(\?xml|!DOCTYPE svg|svg)/i]
]
const taken = ['png', 'jpeg', 'webp']

/**
 * Refuses what is no PNG, JPEG or WebP by its first bytes, so that no other decoder, of which the library has a dozen, sees what
 * somebody sent. Throws AppError 'picture-unreadable'.
 */
export function requireKnownFormat(bytes: Uint8Array): void {
  const start = Buffer.from(bytes.subarray(0, 64)).toString('latin1')
  const format = beginnings.find(([, beginning]) => beginning.test(start))?.[0]
  if (format !== undefined && taken.includes(format)) return
  throw new AppError('picture-unreadable', {
    message:
      format === undefined
        ? 'The file is no picture that is known here, or it is damaged.'
        : `The picture is in the format ${format}.`,
    hint: 'Save it as PNG, JPEG or WebP.'
  })
}
