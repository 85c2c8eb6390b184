import { toNotice } from './notice.ts'
import type { ActionContext } from './action-context.ts'
import { viewDocument } from './document-view.ts'

/** Pause after the last change before the document is looked at, in milliseconds: a brush stroke is many changes. */
const SETTLE = 150

/** Keeps what the state knows of the document in step with the host. Returns the way to stop. */
export function watchDocument(
  { store, host, later }: Pick<ActionContext, 'store' | 'host' | 'later'>,
  opened: (documentId: string) => void
): () => void {
  let cancelLook = () => {}
  let isLooking = false
  let isStale = false

  async function look() {
    if (isLooking) {
      isStale = true
      return
    }
    isLooking = true
    try {
      const document = await viewDocument(host)
      const isOther = document?.id !== store.getState().document?.id
      store.dispatch({ type: 'document-viewed', document })
      if (isOther && document !== null) opened(document.id)
    } catch (error) {
      // A document that cannot be looked at cannot be worked on; the one before is no longer in front.
      store.dispatch({ type: 'document-viewed', document: null })
      store.dispatch({ type: 'noticed', notice: toNotice(error) })
    }
    isLooking = false
    if (isStale) {
      isStale = false
      await look()
    }
  }

  void look()
  const stop = host.watch(() => {
    cancelLook()
    cancelLook = later(SETTLE, () => void look())
  })
  return () => {
    cancelLook()
    stop()
  }
}
