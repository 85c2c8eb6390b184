import { AsyncLocalStorage } from 'node:async_hooks'
import type { Rect } from '../../../bridge-server/protocol/geometry.ts'
import type { DocumentState } from './document-state.ts'
import type { Knobs } from './knobs.ts'

export interface SimDocument {
  readonly id: number
  name: string
  path: string
  mode: string
  depth: 1 | 8 | 16 | 32
  /** Empty: none. */
  profile: string
  quickMask: boolean
  state: DocumentState
  /** Steps of the history, the present one last. */
  history: { id: number; name: string; state: DocumentState }[]
  suspended: { name: string; before: DocumentState } | null
}

interface Scope {
  readonly name: string
  isCancelled: boolean
  isOver: boolean
  readonly autoClose: Set<number>
}

/** No buffer of the plugin may be larger, wherever it comes from or goes to. */
export const bufferLimit = 64 * 1024 * 1024

/** Everything there is in a simulated Photoshop. Plain data and the few ways it changes; what the plugin calls is built on it. */
export interface World {
  readonly knobs: Knobs
  readonly documents: SimDocument[]
  activeId: number | null
  scope: Scope | null
  /** Something of the person's, or of another plugin's, that keeps Photoshop busy. */
  busyWith: string | null
  /** What breaks a rule of the project without an error of Photoshop's; a test ends by looking at it. */
  readonly faults: string[]
  readonly images: { live: number; made: number; bytes: number; largest: number }
  /** Calls of imaging, by name. */
  readonly calls: string[]
  readonly inScope: AsyncLocalStorage<Scope>
  readonly listeners: Map<string, Set<() => void>>
  brightness: string
  nextId: () => number
}

export function createWorld(knobs: Knobs): World {
  let id = 0
  return {
    knobs,
    documents: [],
    activeId: null,
    scope: null,
    busyWith: null,
    faults: [],
    images: { live: 0, made: 0, bytes: 0, largest: 0 },
    calls: [],
    inScope: new AsyncLocalStorage(),
    listeners: new Map(),
    brightness: 'kPanelBrightnessDarkGray',
    nextId: () => ++id
  }
}

export function openDocument(world: World, id: unknown): SimDocument {
  const found = world.documents.find((document) => document.id === id)
  if (found === undefined) throw new Error(`The object document ${String(id)} is not currently available.`)
  return found
}

/** Call before anything that needs a modal scope; `act` is what the plugin tries. */
export function requireScope(world: World, act: string, kind: 'imaging' | 'change'): void {
  if (world.busyWith !== null && world.scope === null)
    throw new Error(`The command “${act}” is not currently available.`)
  if (world.scope === null)
    throw new Error(
      kind === 'imaging'
        ? 'The requested functionality is only allowed from inside a modal scope.'
        : `Event: ${act} may modify the state of Photoshop. Such events are only allowed from inside a modal scope.`
    )
  if (world.scope.isCancelled) throw new Error('The user cancelled the operation.')
}

/** Gives a document a new state: a step of the history, or part of the suspended one. */
export function change(world: World, document: SimDocument, name: string, state: DocumentState): void {
  document.state = state
  if (document.suspended === null) document.history.push({ id: world.nextId(), name, state })
}

export function notify(world: World, ...events: string[]): void {
  if (!world.knobs.notifies || world.scope !== null) return
  for (const event of [...events, 'historyStateChanged'])
    for (const listener of [...(world.listeners.get(event) ?? [])]) listener()
}

/** Call for every buffer that the plugin makes, gives or gets. */
export function measureBuffer(world: World, what: string, bytes: number): void {
  if (bytes > bufferLimit) world.faults.push(`${what} is a buffer of ${bytes} bytes`)
}

export const canvasOf = ({ state }: SimDocument): Rect => ({
  x: 0,
  y: 0,
  width: state.width,
  height: state.height
})

export const channelsOf = ({ mode }: SimDocument): number => (mode === 'grayscaleMode' ? 1 : 3)
