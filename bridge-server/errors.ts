import type { ErrorCode, ErrorReply } from './protocol/errors.ts'

interface ErrorDetails {
  /** What went wrong, with the actual numbers or names in it; a whole sentence. */
  readonly message: string
  /** What a person can do about it; a whole sentence. */
  readonly hint?: string
  /** The field of a request that is wrong, with dots between names, where whoever asked is told of it by itself. */
  readonly field?: string
  readonly cause?: unknown
}

/** Something a person can act on. Anything else that is thrown is a bug and reaches them as `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly field: string | undefined

  constructor(code: ErrorCode, { message, hint, field, cause }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'AppError'
    this.code = code
    this.hint = hint
    this.field = field
  }
}

/** Any thrown thing as a reply. The text of a bug stays in the log, for it may hold paths. */
export function toErrorReply(error: unknown): ErrorReply {
  if (error instanceof AppError)
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint })
    }
  return {
    code: 'internal',
    message: 'Something went wrong inside Marquee.',
    hint: 'The server log has the details; please report them.'
  }
}

/** The inverse, where a reply has crossed a process boundary. */
export const fromErrorReply = ({ code, message, hint }: ErrorReply, field?: string): AppError =>
  new AppError(code, {
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(field === undefined ? {} : { field })
  })

/** For what cannot be unless we made a mistake. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Bug: ${message}`)
}
