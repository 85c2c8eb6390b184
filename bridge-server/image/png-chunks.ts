/** The eight bytes that every PNG begins with. */
export const pngSignature: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** Bytes of the signature and of the chunk IHDR, which comes first. */
export const pngHeaderBytes = pngSignature.length + 25

/** A chunk (ISO/IEC 15948, 5.3): length, type, body, check sum. */
export function pngChunk(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(body.length + 12)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, body.length)
  bytes.set(latin1(type), 4)
  bytes.set(body, 8)
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)))
  return bytes
}

/** A text under a keyword: `tEXt` where Latin-1 can hold it, else `iTXt` in UTF-8 (11.3.3). */
export function pngTextChunk(keyword: string, value: string): Uint8Array<ArrayBuffer> {
  const isLatin = Array.from(value).every((letter) => letter <= '\u00ff')
  return isLatin
    ? pngChunk('tEXt', latin1(`${keyword}\0${value}`))
    : pngChunk('iTXt', new TextEncoder().encode(`${keyword}\0\0\0\0\0${value}`))
}

/** A text as it stands in a PNG. */
export interface StoredText {
  readonly keyword: string
  readonly bytes: Uint8Array
  readonly encoding: 'latin1' | 'utf8'
  /** By deflate with zlib's frame. */
  readonly isPacked: boolean
}

/** The texts of a PNG (tEXt, zTXt, iTXt) in their order. */
export const pngTexts = (png: Uint8Array): readonly StoredText[] =>
  pngChunks(png).flatMap(({ type, body }) => storedText(type, body) ?? [])

interface Chunk {
  readonly type: string
  readonly body: Uint8Array
}

/** The chunks of a PNG in their order; a file that is no PNG has none, and one cut off has those before the cut. */
export function pngChunks(png: Uint8Array): readonly Chunk[] {
  if (!pngSignature.every((byte, i) => png[i] === byte)) return []
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const chunks: Chunk[] = []
  for (let at = pngSignature.length; at + 12 <= png.length;) {
    const end = at + 8 + view.getUint32(at)
    if (end + 4 > png.length) break
    chunks.push({ type: fromLatin1(png.subarray(at + 4, at + 8)), body: png.subarray(at + 8, end) })
    at = end + 4
  }
  return chunks
}

/** A text that is not packed, or no more. */
export const pngTextOf = (bytes: Uint8Array, encoding: StoredText['encoding']): string =>
  encoding === 'utf8' ? new TextDecoder().decode(bytes) : fromLatin1(bytes)

function storedText(type: string, body: Uint8Array): StoredText | null {
  const end = body.indexOf(0)
  if (end < 1 || !['tEXt', 'zTXt', 'iTXt'].includes(type)) return null
  const keyword = fromLatin1(body.subarray(0, end))
  const rest = body.subarray(end + 1)
  if (type === 'tEXt') return { keyword, bytes: rest, encoding: 'latin1', isPacked: false }
  if (type === 'zTXt') return { keyword, bytes: rest.subarray(1), encoding: 'latin1', isPacked: true }
  // Compression flag and method, language, translated keyword, text (11.3.3.4).
  const language = rest.indexOf(0, 2)
  const translated = language < 0 ? -1 : rest.indexOf(0, language + 1)
  if (translated < 0) return null
  return { keyword, bytes: rest.subarray(translated + 1), encoding: 'utf8', isPacked: rest[0] === 1 }
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

/** Bytes as letters, one each. */
export function fromLatin1(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += 8192)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)))
  return parts.join('')
}

/** ISO/IEC 15948, annex D. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})
