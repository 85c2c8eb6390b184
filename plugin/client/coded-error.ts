import type { ErrorCode } from '#protocol/errors.ts'

/** What only the panel's side meets: no server, a job that somebody cancelled, and an editor that cannot or will not. */
type PanelErrorCode = 'not-running' | 'cancelled' | 'document-unsupported' | 'host-busy' | 'host-cancelled'

/** Something a person can act on, on the panel's side of the wire: the server's `AppError`. Anything else thrown is a bug. */
export class CodedError extends Error {
  readonly code: ErrorCode | PanelErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode | PanelErrorCode, message: string, hint?: string) {
    super(message)
    this.name = 'CodedError'
    this.code = code
    this.hint = hint
  }
}
