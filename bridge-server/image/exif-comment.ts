import { exifBlock } from './exif-block.ts'
import { fromLatin1 } from './png-chunks.ts'

/** Tags of the Exif specification (CIPA DC-008), 4.6. */
const EXIF_IFD = 0x8769
const USER_COMMENT = 0x9286

const encodings: Readonly<Record<string, (bytes: Uint8Array, littleEndian: boolean) => string>> = {
  ASCII: (bytes) => fromLatin1(bytes),
  // The bytes are in the order of the file, or big-endian whatever the file says: a text that begins with a 0 byte is the latter.
  UNICODE: (bytes, littleEndian) =>
    new TextDecoder(littleEndian && bytes[0] !== 0 ? 'utf-16le' : 'utf-16be').decode(bytes),
  '': (bytes) => new TextDecoder().decode(bytes)
}

/**
 * The EXIF user comment of a PNG, JPEG or WebP file, where the web UI keeps what it says of a picture that is no PNG; null where
 * there is none, or its block is damaged.
 */
export function exifComment(file: Uint8Array): string | null {
  const tiff = exifBlock(file)
  if (tiff === null) return null
  const order = fromLatin1(tiff.subarray(0, 2))
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return null
  const reader = readerOf(tiff, order === 'II')
  const exif = reader.entry(reader.long(4), EXIF_IFD)
  const comment = exif === null ? null : reader.entry(reader.long(exif + 8), USER_COMMENT)
  if (comment === null) return null
  const length = reader.long(comment + 4)
  const from = length <= 4 ? comment + 8 : reader.long(comment + 8)
  const bytes = tiff.subarray(from, from + length)
  const encoding = fromLatin1(bytes.subarray(0, 8)).replaceAll('\0', '')
  const decode = Object.hasOwn(encodings, encoding) ? encodings[encoding] : undefined
  const text = decode?.(bytes.subarray(8), order === 'II').replace(/\0+$/, '') ?? ''
  return text === '' ? null : text
}

/** Numbers outside the block are 0. */
function readerOf(tiff: Uint8Array, littleEndian: boolean) {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  const short = (at: number): number => (at + 2 > tiff.length ? 0 : view.getUint16(at, littleEndian))
  const long = (at: number): number => (at + 4 > tiff.length ? 0 : view.getUint32(at, littleEndian))
  return {
    long,
    /** Where the entry of a tag lies in the directory at `at`. */
    entry: (at: number, tag: number): number | null => {
      if (at === 0) return null
      for (let i = 0; i < short(at); i++) if (short(at + 2 + 12 * i) === tag) return at + 2 + 12 * i
      return null
    }
  }
}
