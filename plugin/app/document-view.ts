import type { Rect } from '#protocol/geometry.ts'
import { bandsOf } from '../hosts/bands.ts'
import type { Host, HostDocument } from '../hosts/host.ts'
import { emptiness, intersected, isSameRect, isSharing } from './masks.ts'

/** What the panel keeps in mind about the open document, to offer what fits. No pixels. */
export interface DocumentView extends HostDocument {
  readonly selection: Rect | null
  /** The selection holds pixels of empty canvas. */
  readonly selectsEmpty: boolean
  /** Bounds of what is empty of the canvas; null: nothing is. */
  readonly empty: Rect | null
  /** All of the canvas is empty. */
  readonly isBlank: boolean
}

/** Looks at the document; reads no more pixels than the answer needs. */
export async function viewDocument(host: Host): Promise<DocumentView | null> {
  const document = await host.document()
  if (document === null) return null
  const [selection, empty] = [await host.selectionBounds(), await host.emptyBounds()]
  return {
    id: document.id,
    name: document.name,
    canvas: document.canvas,
    ...(document.origin === undefined ? {} : { origin: document.origin }),
    ...(document.area === undefined ? {} : { area: document.area }),
    selection,
    selectsEmpty: selection !== null && empty !== null && (await selectsEmpty(host, selection, empty)),
    empty,
    isBlank: empty !== null && (await isBlank(host, document, empty))
  }
}

/** What to offer by itself: Expand where there is empty canvas to fill next to a picture, and Generate otherwise. */
export function offeredIntent(view: DocumentView | null): 'generate' | 'expand' {
  if (view === null || view.isBlank) return 'generate'
  return (view.selection === null ? view.empty !== null : view.selectsEmpty) ? 'expand' : 'generate'
}

async function selectsEmpty(host: Host, bounds: Rect, empty: Rect): Promise<boolean> {
  const shared = intersected(bounds, empty)
  const selection = shared === null ? null : await host.selection()
  if (shared === null || selection === null) return false
  return isSharing(selection, { bounds: shared, mask: emptiness(await host.flatten(shared)) })
}

async function isBlank(host: Host, { canvas }: HostDocument, empty: Rect): Promise<boolean> {
  if (!isSameRect(empty, { x: 0, y: 0, ...canvas })) return false
  for (const part of bandsOf(empty, 4))
    if (!emptiness(await host.flatten(part)).data.every((hole) => hole === 255)) return false
  return true
}
