import type { CanvasDocument } from './document.ts'
import type { Plane, Tile } from './plane.ts'

/** One thing a person did: what it is called, and the document at the other side of it. */
interface Step {
  readonly name: string
  readonly document: CanvasDocument
  /** Bytes of tiles that only this step keeps alive. */
  readonly bytes: number
  /** Changes of one group that follow each other quickly are one step. */
  readonly group?: Group
}

interface Group {
  readonly name: string
  /** When the step last grew, milliseconds since 1970. */
  readonly at: number
}

/** Longest pause in milliseconds between changes of one step. */
const PAUSE = 1000

/** Undo and redo over document values; the last of each list is the nearest step. */
export interface History {
  readonly past: readonly Step[]
  readonly future: readonly Step[]
}

export const emptyHistory: History = { past: [], future: [] }

/** The most memory that past steps may hold on to; the oldest are forgotten beyond it, the newest never. */
export const historyBytes = 512 * 1024 * 1024

/** Records that `before` became `after`. What had been undone is gone then. */
export function recorded(history: History, name: string, { before, after, group }: Change): History {
  const last = history.past.at(-1)
  const joins = group !== undefined && last?.group?.name === group.name && group.at - last.group.at <= PAUSE
  const step = joins
    ? { ...last, bytes: bytesOnlyIn(last.document, after), group }
    : {
        ...{ name, document: before, bytes: bytesOnlyIn(before, after) },
        ...(group === undefined ? {} : { group })
      }
  const past = [...(joins ? history.past.slice(0, -1) : history.past), step]
  let bytes = past.reduce((sum, step) => sum + step.bytes, 0)
  let first = 0
  while (bytes > historyBytes && first < past.length - 1) {
    bytes -= past[first]!.bytes
    first++
  }
  return { past: past.slice(first), future: [] }
}

interface Change {
  readonly before: CanvasDocument
  readonly after: CanvasDocument
  readonly group?: Group
}

interface Travelled {
  readonly history: History
  readonly document: CanvasDocument
}

/** The document before the last step, or null where there is none. */
export function undone({ past, future }: History, current: CanvasDocument): Travelled | null {
  const step = past.at(-1)
  if (step === undefined) return null
  const back = { ...step, document: current }
  return { document: step.document, history: { past: past.slice(0, -1), future: [...future, back] } }
}

/** The document after the last step that was undone, or null where there is none. */
export function redone({ past, future }: History, current: CanvasDocument): Travelled | null {
  const step = future.at(-1)
  if (step === undefined) return null
  const back = { ...step, document: current }
  return { document: step.document, history: { past: [...past, back], future: future.slice(0, -1) } }
}

function bytesOnlyIn(before: CanvasDocument, after: CanvasDocument): number {
  const kept = new Set<Tile>()
  for (const plane of planesOf(after)) for (const tile of plane.tiles.values()) kept.add(tile)
  let bytes = 0
  for (const plane of planesOf(before))
    for (const tile of plane.tiles.values()) if (!kept.has(tile)) bytes += tile.byteLength
  return bytes
}

/** Every plane that a document holds. */
function planesOf({ layers, selection }: CanvasDocument): readonly Plane[] {
  const ofLayers = layers.flatMap(({ pixels, mask }) => (mask === null ? [pixels] : [pixels, mask.plane]))
  return selection === null ? ofLayers : [...ofLayers, selection]
}
