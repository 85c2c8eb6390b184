import { inflateSync } from 'node:zlib'
import { pngHeaderBytes, pngTextChunk, pngTextOf, pngTexts, type StoredText } from './png-chunks.ts'

/** A PNG with text chunks behind its header. */
export function withText(png: Buffer, text: Readonly<Record<string, string>>): Buffer {
  const chunks = Object.entries(text).map(([keyword, value]) => pngTextChunk(keyword, value))
  return Buffer.concat([png.subarray(0, pngHeaderBytes), ...chunks, png.subarray(pngHeaderBytes)])
}

/** Of one text, unpacked: enough for any prompt, and no bomb. */
const longestText = 4 * 2 ** 20

/** The texts of a PNG by keyword; what is damaged or too long is left out, and any other file has none. */
export function readText(png: Buffer): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pngTexts(png).flatMap((stored) => {
      const text = unpacked(stored)
      return text === null ? [] : [[stored.keyword, text] as const]
    })
  )
}

function unpacked({ bytes, encoding, isPacked }: StoredText): string | null {
  if (!isPacked) return pngTextOf(bytes, encoding)
  try {
    return pngTextOf(inflateSync(bytes, { maxOutputLength: longestText }), encoding)
  } catch {
    return null
  }
}
