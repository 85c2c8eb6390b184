import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { AppError } from '../errors.ts'
import type { DownloadEntry } from '../protocol/downloads.ts'
import { fetchFile, type Fault, type FetchTools } from './fetch-file.ts'
import { TransferError } from './transfer-error.ts'

export interface ObtainTools extends FetchTools {
  /** Bytes that have been hashed. */
  readonly onChecked: (bytes: number) => void
}

/**
 * Makes the part file whole and right. Where the hash is wrong and several mirrors took part, each is asked alone; without a
 * hash no two mirrors ever take part. Rejects with AppError 'download-failed', with the signal's reason, and as the disk
 * does.
 */
export async function obtainFile(
  { name, mirrors, sha256 }: Pick<DownloadEntry, 'name' | 'mirrors' | 'sha256'>,
  tools: ObtainTools
): Promise<void> {
  const { part, limits } = tools
  const faults: Fault[] = []
  let left: readonly string[] = mirrors
  if (sha256 !== null) {
    const fetched = await fetchFile(mirrors, tools)
    if (!fetched.isWhole) throw failed(name, fetched.faults)
    if ((await hashOf(tools)) === sha256) return
    left = stillTrusted(mirrors, part.state.contributors)
    faults.push(...mirrors.filter((url) => !left.includes(url)).map(wrongContent))
    await part.forget(limits.pieceBytes)
  }
  for (const url of startingWith(part.state.source?.url, left)) {
    if (part.state.source?.url !== url) await part.forget(limits.pieceBytes)
    const fetched = await fetchFile([url], tools)
    if (fetched.isWhole && (sha256 === null || (await hashOf(tools)) === sha256)) return
    faults.push(...(fetched.isWhole ? [wrongContent(url)] : fetched.faults))
    if (fetched.isWhole) await part.forget(limits.pieceBytes)
  }
  throw failed(name, faults)
}

/** After a wrong hash: all of them, unless it is known whose bytes were wrong. */
const stillTrusted = (mirrors: readonly string[], contributors: readonly string[]): readonly string[] =>
  contributors.length === 1 ? mirrors.filter((url) => url !== contributors[0]) : mirrors

const startingWith = (first: string | undefined, urls: readonly string[]): readonly string[] =>
  [...urls].sort((a, b) => Number(b === first) - Number(a === first))

const wrongContent = (url: string): Fault => ({
  url,
  error: new TransferError('gave a file with another content (its sha256 is wrong); it was thrown away', {
    isFinal: true
  })
})

function failed(name: string, faults: readonly Fault[]): AppError {
  const words = faults.map(({ url, error }) => `${new URL(url).host} ${error.message}`)
  return new AppError('download-failed', {
    message: `${name} could not be downloaded: ${words.join('; ')}.`,
    hint: 'What is here is kept. Look at your connection, or HTTPS_PROXY where there is a proxy, and go on.',
    cause: faults.at(-1)?.error
  })
}

async function hashOf({ part, signal, onChecked }: ObtainTools): Promise<string> {
  const hash = createHash('sha256')
  let done = 0
  for await (const chunk of createReadStream(part.file, { highWaterMark: 2 ** 20, signal })) {
    if (!Buffer.isBuffer(chunk)) continue
    hash.update(chunk)
    onChecked((done += chunk.length))
  }
  return hash.digest('hex')
}
