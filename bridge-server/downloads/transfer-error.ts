interface TransferTrouble {
  /** Asking the same mirror again is of no use. */
  readonly isFinal: boolean
  /** The mirror wants to be left alone for so many milliseconds. */
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** A mirror did not give what was asked for; its message is a sentence that follows the mirror's name. */
export class TransferError extends Error {
  readonly isFinal: boolean
  readonly retryAfterMs: number

  constructor(message: string, { isFinal, retryAfterMs = 0, cause }: TransferTrouble) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'TransferError'
    this.isFinal = isFinal
    this.retryAfterMs = retryAfterMs
  }
}
