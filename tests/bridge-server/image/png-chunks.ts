import { crc32 } from 'node:zlib'

interface TextChunk {
  readonly type: string
  readonly keyword: string
  readonly text: string
}

/** The text chunks of a PNG, read by the specification; throws where a checksum is wrong. */
export function textFromPng(png: Buffer): readonly TextChunk[] {
  const found: TextChunk[] = []
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const end = at + 8 + png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const body = png.subarray(at + 8, end)
    if (crc32(png.subarray(at + 4, end)) !== png.readUInt32BE(end))
      throw new Error(`the checksum of ${type} is wrong`)
    const split = body.indexOf(0)
    const keyword = body.toString('latin1', 0, split)
    if (type === 'tEXt') found.push({ type, keyword, text: body.toString('latin1', split + 1) })
    // Uncompressed, without language and translated keyword: five zeros.
    if (type === 'iTXt') found.push({ type, keyword, text: body.toString('utf8', split + 5) })
  }
  return found
}
