import { crc32 } from 'node:zlib'

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
