import { CodedError } from '../client/coded-error.ts'

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
