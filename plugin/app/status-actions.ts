import type { ActionContext } from './action-context.ts'
import { toNotice } from './notice.ts'

/** What a person asks about the server, and does about who may use it. None rejects: what goes wrong becomes a notice. */
export interface StatusActions {
  readonly refreshStatus: () => Promise<void>
  /** Whoever has this token gets in no more. */
  readonly revokeToken: (id: string) => Promise<void>
}

export function createStatusActions({
  store: { dispatch },
  client
}: Pick<ActionContext, 'store' | 'client'>): StatusActions {
  async function refreshing(first: () => Promise<void>) {
    try {
      await first()
      dispatch({ type: 'status-loaded', status: await client.status() })
    } catch (error) {
      dispatch({ type: 'noticed', notice: toNotice(error) })
    }
  }
  return {
    refreshStatus: () => refreshing(() => Promise.resolve()),
    revokeToken: (id) => refreshing(() => client.revokeToken(id))
  }
}
