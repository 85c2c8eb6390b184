/** Tags of the Exif specification (CIPA DC-008), 4.6. */
const EXIF_IFD = 0x8769
const USER_COMMENT = 0x9286

const encodings: Readonly<Record<string, (bytes: Buffer, littleEndian: boolean) => string>> = {
  ASCII: (bytes) => bytes.toString('latin1'),
  // The bytes are in the order of the file, or big-endian whatever the file says: a text that begins with a 0 byte is the latter.
  UNICODE: (bytes, littleEndian) =>
    new TextDecoder(littleEndian && bytes[0] !== 0 ? 'utf-16le' : 'utf-16be').decode(bytes),
  '': (bytes) => bytes.toString('utf8')
}

/** The user comment of an EXIF block, with or without `Exif\0\0` before it; null where there is none, or the block is damaged. */
export function exifComment(block: Buffer): string | null {
  const tiff = block.toString('latin1', 0, 6) === 'Exif\0\0' ? block.subarray(6) : block
  const order = tiff.toString('latin1', 0, 2)
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return null
  const reader = readerOf(tiff, order === 'II')
  const exif = reader.entry(reader.long(4), EXIF_IFD)
  const comment = exif === null ? null : reader.entry(reader.long(exif + 8), USER_COMMENT)
  if (comment === null) return null
  const length = reader.long(comment + 4)
  const from = length <= 4 ? comment + 8 : reader.long(comment + 8)
  const bytes = tiff.subarray(from, from + length)
  const encoding = bytes.toString('latin1', 0, 8).replaceAll('\0', '')
  const decode = Object.hasOwn(encodings, encoding) ? encodings[encoding] : undefined
  const text = decode?.(bytes.subarray(8), order === 'II').replace(/\0+$/, '') ?? ''
  return text === '' ? null : text
}

/** Numbers outside the block are 0. */
function readerOf(tiff: Buffer, littleEndian: boolean) {
  const short = (at: number): number =>
    at + 2 > tiff.length ? 0 : littleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)
  const long = (at: number): number =>
    at + 4 > tiff.length ? 0 : littleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at)
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
