import type { Rect } from '#protocol/geometry.ts'
import { compositeLayers } from './composite.ts'
import type { CanvasDocument } from './document.ts'
import { intersection, union } from './geometry.ts'
import { eachTile, tileArea, tileSize } from './plane.ts'

/** The document's look, flattened, as one small canvas a tile, made when it is first seen. */
export interface TileCache {
  /** Says that an area looks different now. */
  readonly spoil: (area: Rect) => void
  readonly clear: () => void
  /** Brings tiles in `visible` up to date until `deadline` (of performance.now); false where some are left over. */
  readonly refresh: (document: CanvasDocument, visible: Rect, until: Until) => boolean
  readonly imageOf: (key: number) => OffscreenCanvas | null
}

interface Until {
  readonly deadline: number
  /** Called with each area that was brought up to date. */
  readonly refreshed: (area: Rect) => void
}

interface Entry {
  readonly canvas: OffscreenCanvas
  readonly context: OffscreenCanvasRenderingContext2D
  /** The part that no longer holds, in document pixels. */
  stale: Rect | null
}

export function createTileCache(): TileCache {
  const entries = new Map<number, Entry>()
  // One buffer for all tiles: a brush must not make garbage with every move.
  const scratch = new ImageData(tileSize, tileSize)
  const bytes = new Uint8Array(scratch.data.buffer)

  const refreshEntry = (document: CanvasDocument, key: number, entry: Entry): Rect | null => {
    const { stale } = entry
    if (stale === null) return null
    const { x, y } = tileArea(key)
    for (let row = 0; row < stale.height; row++)
      bytes.fill(0, row * tileSize * 4, (row * tileSize + stale.width) * 4)
    compositeLayers(document, stale, { bytes, stride: tileSize })
    // The dirty rectangle is in the scratch's own pixels and is moved with it.
    entry.context.putImageData(scratch, stale.x - x, stale.y - y, 0, 0, stale.width, stale.height)
    entry.stale = null
    return stale
  }

  return {
    spoil: (area) =>
      eachTile(area, (key, part) => {
        const entry = entries.get(key)
        if (entry !== undefined) entry.stale = union(entry.stale, part)
      }),
    clear: () => entries.clear(),
    refresh: (document, visible, { deadline, refreshed }) => {
      let done = true
      eachTile(visible, (key) => {
        const known = entries.get(key)
        if (known?.stale === null) return
        if (performance.now() > deadline) {
          done = false
          return
        }
        const entry = known ?? newEntry(key)
        entries.set(key, entry)
        const area = refreshEntry(document, key, entry)
        const seen = area === null ? null : intersection(area, visible)
        if (seen !== null) refreshed(seen)
      })
      return done
    },
    imageOf: (key) => entries.get(key)?.canvas ?? null
  }
}

function newEntry(key: number): Entry {
  const canvas = new OffscreenCanvas(tileSize, tileSize)
  return { canvas, context: context2d(canvas), stale: tileArea(key) }
}

/** A canvas' 2D context, which every browser that runs this page has. */
export function context2d(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('Bug: no 2D context')
  return context
}
