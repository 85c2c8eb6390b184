import { sha256 as createDigest } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** Bytes between two pauses, so that an editor stays responsive. */
const bytesATurn = 4 * 1024 * 1024

/**
 * Lower-case hexadecimal sha256 of pieces that follow each other, where the runtime has no digest of its own: Photoshop's script
 * engine, and a page that came from another computer without TLS.
 */
export async function sha256InScript(pieces: readonly (Uint8Array | Uint8ClampedArray)[]): Promise<string> {
  const digest = createDigest.create()
  for (const piece of pieces)
    for (let at = 0; at < piece.length; at += bytesATurn) {
      if (at > 0) await nextTurn()
      digest.update(
        new Uint8Array(piece.buffer, piece.byteOffset + at, Math.min(bytesATurn, piece.length - at))
      )
    }
  return bytesToHex(digest.digest())
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** The same, by the runtime where it can. */
export async function sha256(
  pieces: readonly (Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>)[]
): Promise<string> {
  if (!('subtle' in crypto)) return sha256InScript(pieces)
  const [only] = pieces
  const bytes = only !== undefined && pieces.length === 1 ? only : await new Blob([...pieces]).arrayBuffer()
  return bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
