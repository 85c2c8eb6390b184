import { crc32, inflateSync } from 'node:zlib'

/** Signature and header chunk of every PNG. */
const HEADER_END = 8 + 25

/** A PNG with text chunks behind its header: `tEXt` where Latin-1 can hold the text, else `iTXt` (PNG specification, 11.3.3). */
export function withText(png: Buffer, text: Readonly<Record<string, string>>): Buffer {
  const chunks = Object.entries(text).map(([keyword, value]) => textChunk(keyword, value))
  return Buffer.concat([png.subarray(0, HEADER_END), ...chunks, png.subarray(HEADER_END)])
}

function textChunk(keyword: string, value: string): Buffer {
  const end = '\0'
  const latin = Buffer.from(value, 'latin1')
  if (latin.toString('latin1') === value)
    return chunk('tEXt', Buffer.concat([Buffer.from(keyword + end, 'latin1'), latin]))
  return chunk('iTXt', Buffer.from(keyword + end.repeat(5) + value, 'utf8'))
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const framed = Buffer.alloc(named.length + 8)
  framed.writeUInt32BE(body.length, 0)
  named.copy(framed, 4)
  framed.writeUInt32BE(crc32(named), named.length + 4)
  return framed
}

/** Of one text, unpacked: enough for any prompt, and no bomb. */
const longestText = 4 * 2 ** 20

/** The texts of a PNG by keyword (tEXt, zTXt, iTXt); what is damaged or too long is left out, and any other file has none. */
export function readText(png: Buffer): Readonly<Record<string, string>> {
  const texts: [string, string][] = []
  if (!png.subarray(0, 8).equals(signature)) return {}
  for (let at = 8; at + 12 <= png.length;) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    if (at + 12 + length > png.length) break
    const text = textOf(type, png.subarray(at + 8, at + 8 + length))
    if (text !== null) texts.push(text)
    at += 12 + length
  }
  return Object.fromEntries(texts)
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

function textOf(type: string, body: Buffer): [string, string] | null {
  const end = body.indexOf(0)
  if (end < 1 || !['tEXt', 'zTXt', 'iTXt'].includes(type)) return null
  const keyword = body.toString('latin1', 0, end)
  const rest = body.subarray(end + 1)
  if (type === 'tEXt') return [keyword, rest.toString('latin1')]
  if (type === 'zTXt') return unpacked(keyword, rest.subarray(1), 'latin1')
  // Compression flag and method, language, translated keyword, text (PNG specification, 11.3.3.4).
  const language = rest.indexOf(0, 2)
  const translated = language < 0 ? -1 : rest.indexOf(0, language + 1)
  if (translated < 0) return null
  const written = rest.subarray(translated + 1)
  return rest[0] === 1 ? unpacked(keyword, written, 'utf8') : [keyword, written.toString('utf8')]
}

function unpacked(keyword: string, packed: Buffer, encoding: 'latin1' | 'utf8'): [string, string] | null {
  try {
    return [keyword, inflateSync(packed, { maxOutputLength: longestText }).toString(encoding)]
  } catch {
    return null
  }
}
