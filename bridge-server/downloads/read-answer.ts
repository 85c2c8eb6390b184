import type { Answer } from './transport.ts'
import { TransferError } from './transfer-error.ts'

/** What was asked for: bytes [from, to) of a file of `bytes`. */
export interface Asked {
  readonly from: number
  readonly to: number
  readonly bytes: number
}

/** What came: the range, or the file from its start. */
export interface Given {
  readonly isRange: boolean
  /** The file's version at the mirror: a strong ETag, else when it was last modified; null where it does not say. */
  readonly validator: string | null
}

/** Milliseconds that a mirror may ask to be left alone for; beyond, another is asked. */
const longestRest = 120_000

/**
 * What an answer to a request for a range is worth. Throws TransferError: final where asking again is of no use.
 * RFC 9110, sections 13.1.5 (If-Range), 14.4 (Content-Range) and 15.
 */
export function readAnswer({ status, headers }: Answer, asked: Asked): Given {
  if (status !== 200 && status !== 206) throw refusal(status, headers)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw final(`sends its file packed as ${encoding.slice(0, 40)}`)
  const length = headers['content-length']
  const validator = validatorOf(headers)
  if (status === 200) {
    if (length !== undefined && Number(length) !== asked.bytes) throw otherSize(length, asked)
    return { isRange: false, validator }
  }
  checkRange(headers['content-range'] ?? '', asked)
  return { isRange: true, validator }
}

function checkRange(range: string, { from, to, bytes }: Asked): void {
  const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range) ?? []
  if (total !== undefined && total !== '*' && Number(total) !== bytes) throw otherSize(total, { bytes })
  if (Number(start) === from && Number(end) < to && Number(end) >= from) return
  throw final(`was asked for the bytes ${from}-${to - 1} and sends “${range.slice(0, 60)}”`)
}

/** Weak ETags promise nothing of bytes. */
function validatorOf(headers: Answer['headers']): string | null {
  const { etag, 'last-modified': modified } = headers
  if (etag !== undefined && !etag.startsWith('W/')) return etag
  return modified ?? null
}

function refusal(status: number, headers: Answer['headers']): TransferError {
  const wants = retryAfterOf(headers['retry-after'])
  const mayRecover = status === 408 || status === 425 || status === 429 || status >= 500
  return new TransferError(words(status), {
    isFinal: !mayRecover || wants > longestRest,
    retryAfterMs: Math.min(wants, longestRest)
  })
}

function words(status: number): string {
  if (status === 401 || status === 403)
    return `wants an account for its file (${status}); for Hugging Face accept the licence there and give Marquee your token`
  if (status === 404 || status === 410) return `does not have the file any more (${status})`
  if (status === 429) return 'is asked too often (429)'
  return `answered ${status}`
}

/** Milliseconds; RFC 9110, section 10.2.3. */
function retryAfterOf(text: string | undefined): number {
  if (text === undefined) return 0
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(wait) ? Math.max(0, wait) : 0
}

const final = (message: string): TransferError => new TransferError(message, { isFinal: true })

const otherSize = (found: string, { bytes }: Pick<Asked, 'bytes'>): TransferError =>
  final(`has another file there, of ${found.slice(0, 20)} bytes instead of ${bytes}`)
