import { fromLatin1, pngChunks } from './png-chunks.ts'

/** The EXIF of a file, as a TIFF structure; null where there is none. A file that is cut off has what stands before the cut. */
export function exifBlock(file: Uint8Array): Uint8Array | null {
  const block = jpegExif(file) ?? webpExif(file) ?? pngExif(file)
  return block !== null && nameAt(block, 0, 6) === 'Exif\0\0' ? block.subarray(6) : block
}

/** Segment APP1 (ITU-T T.81, B.1.1.4; CIPA DC-008, 4.7.2). */
function jpegExif(file: Uint8Array): Uint8Array | null {
  if (file[0] !== 0xff || file[1] !== 0xd8) return null
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff;) {
    const marker = file[at + 1] ?? 0
    const length = ((file[at + 2] ?? 0) << 8) | (file[at + 3] ?? 0)
    // Scans have no length, and EXIF comes before them.
    if (marker === 0xda || length < 2) return null
    if (marker === 0xe1 && nameAt(file, at + 4, 6) === 'Exif\0\0')
      return file.subarray(at + 4, at + 2 + length)
    at += 2 + length
  }
  return null
}

/** Chunk `EXIF` of a RIFF file (RFC 9649, 2.7.1.5). */
function webpExif(file: Uint8Array): Uint8Array | null {
  if (nameAt(file, 0, 4) !== 'RIFF' || nameAt(file, 8, 4) !== 'WEBP') return null
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  for (let at = 12; at + 8 <= file.length;) {
    const length = view.getUint32(at + 4, true)
    if (nameAt(file, at, 4) === 'EXIF') return file.subarray(at + 8, at + 8 + length)
    at += 8 + length + (length % 2)
  }
  return null
}

const pngExif = (file: Uint8Array): Uint8Array | null =>
  pngChunks(file).find(({ type }) => type === 'eXIf')?.body ?? null

const nameAt = (bytes: Uint8Array, at: number, length: number): string =>
  fromLatin1(bytes.subarray(at, at + length))
