import type { Actions } from '../app/actions.ts'
import { openResultOf } from '../app/history.ts'
import { offeredIntent } from '../app/document-view.ts'
import { toNotice } from '../app/notice.ts'
import type { AppStore } from '../app/store.ts'
import type { PhotoshopHost } from '../hosts/photoshop/photoshop-host.ts'

interface CommandParts {
  readonly store: AppStore
  readonly actions: Actions
  readonly host: PhotoshopHost
}

/** By how much of its size the Expand command moves each side of a full canvas. */
const EXTEND_BY = 0.25

/** What the Plugins menu, and a keyboard shortcut given to it, can do without the panel. Ids as in manifest.json. */
export function createCommands({ store, actions, host }: CommandParts) {
  async function expand() {
    try {
      const document = await host.document()
      const isFull = document !== null && (await host.emptyBounds()) === null
      if (document !== null && isFull && offeredIntent(store.getState().document) !== 'expand') {
        const x = Math.ceil(document.canvas.width * EXTEND_BY)
        const y = Math.ceil(document.canvas.height * EXTEND_BY)
        await host.extendCanvas(document.id, { left: x, top: y, right: x, bottom: y })
      }
      actions.change({ intent: 'expand' })
      await actions.generate()
    } catch (error) {
      store.dispatch({ type: 'noticed', notice: toNotice(error) })
    }
  }

  /** The result that lies open, and the variation chosen in it. */
  const chosen = () => {
    const job = openResultOf(store.getState())
    const variation = store.getState().open?.variation ?? 0
    return job === null ? null : { jobId: job.id, variation, count: job.result.variations.length }
  }

  // Photoshop allows a command 300 ms: all of these begin and go on by themselves.
  return {
    generate: { run: () => void actions.generate() },
    expand: { run: () => void expand() },
    apply: {
      run() {
        const open = chosen()
        if (open !== null) void actions.apply(open)
      }
    },
    nextVariation: {
      run() {
        const open = chosen()
        if (open === null) return
        const { jobId, variation, count } = open
        actions.showVariation({ jobId, variation: (variation + 1) % count })
      }
    }
  }
}
