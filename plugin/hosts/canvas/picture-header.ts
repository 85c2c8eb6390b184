import type { Size } from '#protocol/geometry.ts'

export interface PictureHeader extends Size {
  readonly type: 'image/png' | 'image/jpeg' | 'image/webp'
}

/**
 * Reads the size of a PNG, JPEG or WebP from its first bytes, before anything is decoded: a small file may unfold to
 * more pixels than there is memory. Null where the bytes are none of these.
 */
export function readPictureHeader(bytes: Uint8Array): PictureHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    if (startsWith(bytes, 0, [0x89, 0x50, 0x4e, 0x47])) return readPng(view)
    if (startsWith(bytes, 0, [0xff, 0xd8])) return readJpeg(view)
    if (startsWith(bytes, 0, ascii('RIFF')) && startsWith(bytes, 8, ascii('WEBP')))
      return readWebp(bytes, view)
    return null
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

const ascii = (text: string): readonly number[] => [...new TextEncoder().encode(text)]

const startsWith = (bytes: Uint8Array, at: number, start: readonly number[]): boolean =>
  start.every((byte, index) => bytes[at + index] === byte)

/** ISO/IEC 15948, 11.2.2: IHDR comes first. */
const readPng = (view: DataView): PictureHeader => ({
  type: 'image/png',
  width: view.getUint32(16),
  height: view.getUint32(20)
})

/** ITU-T T.81, B.2.2: the frame header SOFn holds height, then width. */
function readJpeg(view: DataView): PictureHeader | null {
  let at = 2
  for (;;) {
    const marker = view.getUint16(at)
    if (marker >> 8 !== 0xff) return null
    // C4, C8 and CC are tables and extensions between the frame markers.
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker)
    if (isFrame) return { type: 'image/jpeg', height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
    at += marker === 0xffff ? 1 : 2 + view.getUint16(at + 2)
  }
}

/** RFC 9649, section 2.5 to 2.7: the three kinds of first chunk. */
function readWebp(bytes: Uint8Array, view: DataView): PictureHeader | null {
  const type = 'image/webp'
  if (startsWith(bytes, 12, ascii('VP8X'))) {
    const uint24 = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000
    return { type, width: uint24(24) + 1, height: uint24(27) + 1 }
  }
  if (startsWith(bytes, 12, ascii('VP8L'))) {
    const bits = view.getUint32(21, true)
    return { type, width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 }
  }
  if (!startsWith(bytes, 12, ascii('VP8 '))) return null
  return { type, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
}
