import type { Host } from '../hosts/host.ts'
import { isSameRect } from './masks.ts'
import { areaInForce } from './request-area.ts'
import type { AppStore } from './store.ts'

/** Keeps what the editor shows of the area that the model sees in step with the state. Returns the way to stop. */
export function keepAreaShown(store: AppStore, host: Host): () => void {
  let shown = areaInForce(store.getState())
  host.showArea?.(shown)
  return store.subscribe((state, { document, settings, catalogue }) => {
    if (state.document === document && state.settings === settings && state.catalogue === catalogue) return
    const area = areaInForce(state)
    if (area === shown || (area !== null && shown !== null && isSameRect(area, shown))) return
    shown = area
    host.showArea?.(area)
  })
}
