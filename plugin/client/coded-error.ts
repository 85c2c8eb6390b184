import type { ErrorCode } from '#protocol/errors.ts'

/** Something a person can act on, on the panel's side of the wire: the server's `AppError`. Anything else thrown is a bug. */
export class CodedError extends Error {
  readonly code: ErrorCode | 'not-running'
  readonly hint: string | undefined

  constructor(code: ErrorCode | 'not-running', message: string, hint?: string) {
    super(message)
    this.name = 'CodedError'
    this.code = code
    this.hint = hint
  }
}

/** What a person is shown: what went wrong, and what to do about it. Every `ErrorReply` is one. */
export interface Notice {
  readonly message: string
  readonly hint?: string
}

/** Any thrown thing as what a person is shown. */
export function toNotice(error: unknown): Notice {
  if (error instanceof CodedError)
    return error.hint === undefined
      ? { message: error.message }
      : { message: error.message, hint: error.hint }
  return {
    message: `Something went wrong inside the panel: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'Finished results are safe on the server. Reload the page and try again.'
  }
}
