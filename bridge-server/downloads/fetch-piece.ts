import { readAnswer, type Given } from './read-answer.ts'
import type { PartFile, Piece } from './part-file.ts'
import { TransferError } from './transfer-error.ts'
import type { Answer, Transport } from './transport.ts'

/** An answer whose headers are what was asked for, and whose body has not been read. */
export interface Opened extends Given {
  readonly answer: Answer
  /** The mirror has another version of its file than the one whose bytes are here. */
  readonly isChanged: boolean
}

interface PieceTools {
  readonly transport: Transport
  readonly part: PartFile
  readonly signal: AbortSignal
  /** Less than `leastBytes` in `stallMs` milliseconds is as good as silence. */
  readonly stallMs: number
  readonly leastBytes: number
}

/** Asks a mirror for what is missing of a piece, or for the rest of the file it turns out to have. */
export async function openPiece(
  url: string,
  piece: Piece,
  { transport, part, signal }: PieceTools
): Promise<Opened> {
  const { source, bytes } = part.state
  const validator = source?.url === url ? source.validator : null
  const from = piece.from + piece.have
  const answer = await transport.get(url, {
    signal,
    headers: {
      range: `bytes=${from}-${piece.to - 1}`,
      // RFC 9110, section 13.1.5: a strong ETag; else the whole file comes anew, which is told by its status.
      ...(validator?.startsWith('"') === true ? { 'if-range': validator } : {})
    }
  })
  try {
    const given = readAnswer(answer, { from, to: piece.to, bytes })
    const isChanged = validator !== null && given.validator !== null && given.validator !== validator
    return { ...given, answer, isChanged }
  } catch (error) {
    answer.discard()
    throw error
  }
}

/** Reads an answer into the piece. Rejects with TransferError where less or more comes than the piece has room for. */
export async function readPiece({ answer }: Opened, piece: Piece, tools: PieceTools): Promise<void> {
  const { part, signal } = tools
  const guard = guardPace(tools, () => answer.discard())
  let room = piece.to - piece.from - piece.have
  try {
    for await (const chunk of answer.body) {
      signal.throwIfAborted()
      guard.saw(chunk.length)
      if (chunk.length > room) throw new TransferError('sends more than it was asked for', { isFinal: true })
      await part.write(piece.at, chunk)
      room -= chunk.length
    }
  } catch (error) {
    answer.discard()
    signal.throwIfAborted()
    if (guard.isStalled()) throw stalled(tools)
    throw isConnectionError(error) ? cutOff(error) : error
  } finally {
    guard.stop()
  }
  if (guard.isStalled()) throw stalled(tools)
  if (room > 0) throw cutOff(null)
}

function guardPace({ stallMs, leastBytes }: PieceTools, giveUp: () => void) {
  let seen = 0
  let isStalled = false
  const timer = setInterval(() => {
    if (seen >= leastBytes) {
      seen = 0
      return
    }
    isStalled = true
    giveUp()
  }, stallMs)
  return {
    saw: (bytes: number) => {
      seen += bytes
    },
    isStalled: () => isStalled,
    stop: () => clearInterval(timer)
  }
}

const stalled = ({ stallMs, leastBytes }: PieceTools): TransferError =>
  new TransferError(`sent less than ${leastBytes} bytes in ${Math.ceil(stallMs / 1000)} s`, {
    isFinal: false
  })

const cutOff = (cause: unknown): TransferError =>
  new TransferError('broke off in the middle', { isFinal: false, ...(cause === null ? {} : { cause }) })

/** What a socket or the HTTP parser throws, in contrast to what a disk does. */
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TransferError) return false
  const code = 'code' in error ? String(error.code) : ''
  return (
    code.startsWith('UND_ERR') ||
    code.startsWith('HPE_') ||
    /^(ECONN|EPIPE|ETIMEDOUT|ENET|EHOST|ERR_STREAM|ERR_SSL|ERR_TLS)/.test(code) ||
    error.name === 'AbortError'
  )
}
