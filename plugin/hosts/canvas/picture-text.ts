import { exifComment } from '#image/exif-comment.ts'
import { readParameters } from '#image/metadata.ts'
import { pngTextOf, pngTexts, type StoredText } from '#image/png-chunks.ts'
import { sourceIn } from '#image/provenance.ts'
import { toldParameters } from '#image/told-parameters.ts'
import type { Making } from '../host.ts'

/** Bytes of one text, unpacked: enough for any prompt, and no bomb. */
const longestText = 4 * 2 ** 20

/** What a PNG, JPEG or WebP says of how it was made; null: nothing. What is damaged or too long says nothing. */
export async function readMaking(picture: Blob): Promise<Making | null> {
  const bytes = new Uint8Array(await picture.arrayBuffer())
  const texts: Record<string, string> = {}
  for (const stored of pngTexts(bytes)) {
    const text = await unpacked(stored)
    if (text !== null) texts[stored.keyword] = text
  }
  const comment = exifComment(bytes)
  if (comment !== null) texts.UserComment = comment
  const parameters = parametersIn(texts)
  const source = sourceIn(parameters === null ? texts : { ...texts, parameters })
  return source === null ? null : { parameters, source }
}

/** Cameras and editors write comments too: what has no settings is none of ours. */
function parametersIn(texts: Readonly<Record<string, string>>): string | null {
  const told = toldParameters(texts)
  if (told === null || texts.parameters !== undefined) return told
  return readParameters(told).fields.size === 0 ? null : told
}

async function unpacked({ bytes, encoding, isPacked }: StoredText): Promise<string | null> {
  if (!isPacked) return pngTextOf(bytes, encoding)
  try {
    return pngTextOf(await inflated(bytes), encoding)
  } catch {
    return null
  }
}

async function inflated(bytes: Uint8Array): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  const reader = new Blob([new Uint8Array(bytes)])
    .stream()
    .pipeThrough(new DecompressionStream('deflate'))
    .getReader()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    length += piece.value.length
    if (length > longestText) {
      await reader.cancel()
      throw new Error(`The text has more than ${longestText} bytes.`)
    }
    pieces.push(new Uint8Array(piece.value))
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer())
}
