import type { BlobPart } from '../jobs/blob-uploads.ts'
import { AppError } from '../errors.ts'

/** Bytes `from` to `to` (exclusive). */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

/**
 * The part of `total` bytes that a `Range` header asks for (RFC 9110, 14.2). Null: all of it, as without the header, which is what
 * units and lists that nobody serves are answered with. 'none': it asks for bytes that are not there.
 */
export function rangeOf(header: string | undefined, total: number): ByteRange | 'none' | null {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return null
  if (first === '') {
    const length = Math.min(total, Number(last))
    return length === 0 ? 'none' : { from: total - length, to: total }
  }
  const from = Number(first)
  if (last !== '' && Number(last) < from) return null
  if (from >= total) return 'none'
  return { from, to: last === '' ? total : Math.min(total, Number(last) + 1) }
}

/** Where the body of a `PUT` lies in what it is a part of (RFC 9110, 14.4). Throws AppError 'bad-message'. */
export function contentRangeOf(header: string): BlobPart {
  const [, first, last, all] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(header) ?? []
  const part = { from: Number(first), to: Number(last) + 1, total: Number(all) }
  if (part.from < part.to && part.to <= part.total) return part
  throw new AppError('bad-message', {
    message: `Content-Range is “${header.slice(0, 80)}”, which is no range of bytes.`,
    hint: 'Send “bytes first-last/total”, counted from 0, last included.'
  })
}
