import { CodedError } from '../client/coded-error.ts'
import type { ActionContext } from './action-context.ts'

/** How long a discarded result can come back, in milliseconds. */
const UNDO_FOR = 10_000

/**
 * Discarding asks nothing and can be undone: a result goes out of sight at once, and is deleted only when the undo has
 * run out. A panel that is closed before leaves the result in the history. A failure has nothing to bring back and is
 * deleted at once.
 */
export function createDiscards({ store, client, later }: ActionContext, failed: (error: unknown) => void) {
  const pending = new Map<string, () => void>()

  async function remove(jobId: string) {
    pending.delete(jobId)
    try {
      await client.remove(jobId)
      store.dispatch({ type: 'removed', jobId })
    } catch (error) {
      // A job that failed on its way was never the server's.
      if (error instanceof CodedError && error.code === 'not-found') {
        store.dispatch({ type: 'removed', jobId })
        return
      }
      store.dispatch({ type: 'discard-undone', jobId })
      failed(error)
    }
  }

  return {
    discard(jobId: string) {
      pending.get(jobId)?.()
      const isFailure = store.getState().jobs.some(({ id, state }) => id === jobId && state === 'failed')
      store.dispatch({ type: 'discarded', jobId })
      if (isFailure) {
        void remove(jobId)
        return
      }
      pending.set(
        jobId,
        later(UNDO_FOR, () => void remove(jobId))
      )
    },
    undo() {
      const jobId = store.getState().lastDiscarded
      if (jobId === null) return
      pending.get(jobId)?.()
      pending.delete(jobId)
      store.dispatch({ type: 'discard-undone', jobId })
    }
  }
}
