import { CodedError } from '../../client/coded-error.ts'
import type { Core, ExecutionContext } from './photoshop-api.ts'

/** One after the other: Photoshop lets a single command change it, and takes a second one of the same plugin for another's. */
export interface Modal {
  /**
   * Runs `work` while nothing else may change Photoshop. `work` must not wait for anything but Photoshop. Where Photoshop
   * is busy, waits up to `patience` milliseconds; then rejects with CodedError 'host-busy'. Where a person cancels, with 'cancelled'.
   */
  readonly run: <T>(
    name: string,
    patience: number,
    work: (context: ExecutionContext) => Promise<T>
  ) => Promise<T>
}

/** Milliseconds between two tries. */
const RETRY = 250

interface ModalParts {
  readonly core: Core
  readonly now: () => number
  readonly later: (milliseconds: number, action: () => void) => () => void
}

export function createModal({ core, now, later }: ModalParts): Modal {
  let turn: Promise<unknown> = Promise.resolve()
  const pause = () => new Promise<void>((resolve) => later(RETRY, resolve))

  async function attempt<T>(
    name: string,
    work: (context: ExecutionContext) => Promise<T>
  ): Promise<Attempt<T>> {
    const seen = { start: false, cancel: false }
    try {
      const value = await core.executeAsModal(
        async (context) => {
          seen.start = true
          try {
            return await work(context)
          } finally {
            seen.cancel = context.isCancelled
          }
        },
        { commandName: name }
      )
      return { value }
    } catch (error) {
      if (!seen.start && isBusy(error)) return 'busy'
      if (seen.cancel) throw new CodedError('host-cancelled', `“${name}” was cancelled.`)
      if (isUnavailable(error)) throw busy()
      if (isGone(error)) throw gone()
      throw error
    }
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = turn.then(work)
    turn = run.catch(() => {})
    return run
  }

  return {
    async run(name, patience, work) {
      const until = now() + patience
      for (;;) {
        // Between two tries others have their turn: who waits patiently must not hold up who does not.
        const outcome = await inTurn(() => attempt(name, work))
        if (outcome !== 'busy') return outcome.value
        if (now() >= until) throw busy()
        await pause()
      }
    }
  }
}

type Attempt<T> = { readonly value: T } | 'busy'

const busy = (): CodedError =>
  new CodedError(
    'host-busy',
    'Photoshop is busy with something else.',
    'Finish or cancel the current tool, dialog or command, then try again.'
  )

const gone = (): CodedError =>
  new CodedError('not-found', 'The document was closed meanwhile.', 'Open it again, then try again.')

/** A document or layer that is no longer there. */
const isGone = (error: unknown): boolean => /object .*not currently available/i.test(messageOf(error))

/** Another command holds Photoshop. Versions differ in their words; the number is the same. */
const isBusy = (error: unknown): boolean =>
  (typeof error === 'object' && error !== null && 'number' in error && error.number === 9) ||
  /modal state|running a modal command/i.test(messageOf(error))

/** A command is greyed out, because of an open dialog, text being typed, a transformation. */
const isUnavailable = (error: unknown): boolean => /command .*not currently available/i.test(messageOf(error))

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
