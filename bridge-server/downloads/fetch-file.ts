import { openPiece, readPiece } from './fetch-piece.ts'
import type { PartFile } from './part-file.ts'
import { TransferError } from './transfer-error.ts'
import type { Transport } from './transport.ts'

/** How a file is fetched; times in milliseconds. */
export interface TransferLimits {
  /** Requests to one mirror at once. */
  readonly connections: number
  readonly pieceBytes: number
  /** Less than `leastBytes` in `stallMs` is as good as silence. */
  readonly stallMs: number
  readonly leastBytes: number
  /** Times that a mirror may fail without having given anything, and in all, before the next one is asked. */
  readonly retries: number
  readonly interruptions: number
  /** Rest after the first failure; each further one doubles it, up to `longestRestMs`. */
  readonly restMs: number
  readonly longestRestMs: number
}

export const usualLimits: TransferLimits = {
  connections: 4,
  pieceBytes: 64 * 2 ** 20,
  stallMs: 30_000,
  leastBytes: 32 * 2 ** 10,
  retries: 5,
  interruptions: 200,
  restMs: 1000,
  longestRestMs: 30_000
}

export interface FetchTools {
  readonly transport: Transport
  readonly part: PartFile
  readonly signal: AbortSignal
  readonly limits: TransferLimits
  /** Resolves after some milliseconds; rejects at once with the signal's reason. */
  readonly rest: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** Called with the mirror that is asked from now on. */
  readonly onMirror: (url: string) => void
}

/** A mirror and why it is not asked any more. */
export interface Fault {
  readonly url: string
  readonly error: TransferError
}

/**
 * Fetches what is missing of a file from the first mirror that gives it, in several ranges at once; the next mirror goes on
 * where one fails. Returns whether the file is whole, and what was wrong with the mirrors. Rejects with the signal's
 * reason, and as the disk does.
 */
export async function fetchFile(
  mirrors: readonly string[],
  tools: FetchTools
): Promise<{ readonly isWhole: boolean; readonly faults: readonly Fault[] }> {
  const faults: Fault[] = []
  const last = tools.part.state.source?.url
  // The mirror that gave what is here goes first, for its version of the file is known.
  const order = [...mirrors].sort((a, b) => Number(b === last) - Number(a === last))
  for (const url of order) {
    tools.onMirror(url)
    const error = await fetchFrom(url, tools)
    if (error === null) return { isWhole: true, faults }
    faults.push({ url, error })
  }
  return { isWhole: false, faults }
}

/** Null: the file is whole. */
async function fetchFrom(url: string, tools: FetchTools): Promise<TransferError | null> {
  const { part, limits, signal } = tools
  let failures = 0
  for (let interruptions = 0; part.missing().length > 0; interruptions++) {
    signal.throwIfAborted()
    const before = part.done()
    const error = await pass(url, tools).catch((thrown: unknown) => {
      if (thrown instanceof TransferError) return thrown
      throw thrown
    })
    if (error === null) continue
    failures = part.done() > before ? 1 : failures + 1
    if (error.isFinal || failures > limits.retries || interruptions >= limits.interruptions) return error
    const rest = Math.min(limits.restMs * 2 ** (failures - 1), limits.longestRestMs)
    await tools.rest(Math.max(rest, error.retryAfterMs), signal)
  }
  return null
}

/** Asks for everything that is missing, until all of it is here or one request fails. */
async function pass(url: string, tools: FetchTools): Promise<null> {
  const { part, transport, limits } = tools
  const stop = new AbortController()
  const signal = AbortSignal.any([tools.signal, stop.signal])
  const inner = { transport, part, signal, stallMs: limits.stallMs, leastBytes: limits.leastBytes }
  const todo = [...part.missing()]
  const first = todo.shift()
  if (first === undefined) return null
  const opened = await openPiece(url, first, inner)
  if (opened.isChanged) {
    opened.answer.discard()
    await part.forget(limits.pieceBytes)
    throw new TransferError('changed its file meanwhile', { isFinal: false })
  }
  if (!opened.isRange) {
    await part.forget(part.state.bytes)
    part.note({ url, validator: opened.validator })
    const [whole] = part.missing()
    if (whole !== undefined) await readPiece(opened, whole, inner)
    return null
  }
  part.note({ url, validator: opened.validator })
  const work = async (): Promise<void> => {
    for (let piece = todo.shift(); piece !== undefined; piece = todo.shift()) {
      const next = await openPiece(url, piece, inner)
      if (!next.isRange || next.isChanged) {
        next.answer.discard()
        throw new TransferError('gives now this and now that for its file', { isFinal: false })
      }
      await readPiece(next, piece, inner)
    }
  }
  const workers = [
    readPiece(opened, first, inner).then(work),
    ...Array.from({ length: limits.connections - 1 }, work)
  ].map((worker) =>
    worker.catch((error: unknown) => {
      stop.abort(error)
      throw error
    })
  )
  await Promise.allSettled(workers)
  tools.signal.throwIfAborted()
  stop.signal.throwIfAborted()
  return null
}
