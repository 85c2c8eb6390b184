import type { Rect, Size } from '#protocol/geometry.ts'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { newId } from '../../client/new-id.ts'
import type { CanvasDocument, Edit } from './document.ts'
import { areaOf } from './geometry.ts'
import type { EditorState, Notice, ToolName } from './editor-state.ts'
import { emptyHistory, recorded, redone, undone } from './history.ts'
import { centredView, fittedView, zoomedView, type View } from './view-transform.ts'

/** The canvas editor without its screen: state, and the few ways in which it changes. Knows neither React nor the page. */
export interface Editor {
  readonly store: StoreApi<EditorState>
  /** A new name that nothing else has. */
  readonly newId: () => string
  /** Opens a document in place of the present one; its history starts here. Work in the present one can be reopened. */
  readonly open: (document: CanvasDocument) => void
  /** Leaves no document open. Work in it can be reopened. */
  readonly close: () => void
  /** Makes a document one that was open before, without a history, and offers to reopen it. */
  readonly offer: (document: CanvasDocument) => void
  /** Opens what was open before, with its history, in place of the present document. */
  readonly reopen: () => void
  /** Does an edit as one undo step; an edit that changes nothing leaves no step. */
  readonly apply: (name: string, edit: Edit) => void
  /** Changes what is no undo step of its own, such as the active layer. */
  readonly adjust: (edit: Edit) => void
  /** Shows what a gesture has made so far of the document. `null` takes it back. */
  readonly show: (draft: CanvasDocument | null) => void
  /**
   * Makes the draft the document, as one undo step. What is kept in the same group again within a second joins that step.
   */
  readonly keep: (name: string, group?: string) => void
  readonly undo: () => void
  readonly redo: () => void
  readonly chooseTool: (tool: ToolName) => void
  readonly set: (change: Settings) => void
  readonly view: ViewCommands
  readonly notify: (notice: Notice | null) => void
  /** Says that pixels of the draft changed in place; only a stroke does this, to its own tiles. */
  readonly damage: (area: Rect) => void
  readonly onDamage: (listener: (area: Rect) => void) => () => void
  /** Whether pictures that a model had part in are written with the invisible watermark. */
  readonly marksExports: () => boolean
  /** An opened picture says how it was made, in the web UI's words. */
  readonly tellOfParameters: (name: string, parameters: string) => void
}

/** State that a control may set as it is. */
type Settings = Partial<
  Pick<
    EditorState,
    | 'brush'
    | 'foreground'
    | 'background'
    | 'maskPaint'
    | 'wand'
    | 'feather'
    | 'crop'
    | 'automaticArea'
    | 'sketch'
    | 'preview'
    | 'dialog'
  >
>

interface ViewCommands {
  readonly set: (view: View) => void
  /** The whole canvas in the viewport. */
  readonly fit: () => void
  /** The canvas in the middle, a document pixel being `scale` CSS pixels. */
  readonly to: (scale: number) => void
  /** Larger or smaller about the viewport's middle. */
  readonly zoom: (factor: number) => void
  /** Tells the size of the canvas on the screen; a document that had none yet is fitted. */
  readonly resize: (viewport: Size) => void
}

type EditorOptions = Partial<Pick<Editor, 'newId' | 'marksExports' | 'tellOfParameters'>> & {
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

const usual = {
  newId,
  marksExports: () => true,
  tellOfParameters: () => undefined,
  now: () => Date.now()
}

export function createEditor(options: EditorOptions = {}): Editor {
  const { newId, marksExports, tellOfParameters, now } = { ...usual, ...options }
  const store = createStore<EditorState>(() => startState)
  const damaged = new Set<(area: Rect) => void>()
  const set = (change: Partial<EditorState>): void => store.setState(change)

  const change = (name: string, edit: Edit, group?: string): void => {
    const { document: before, history } = store.getState()
    if (before === null) return
    const after = edit(before)
    if (after === before) set({ draft: null })
    else {
      const step = { before, after, ...(group === undefined ? {} : { group: { name: group, at: now() } }) }
      set({ document: after, draft: null, history: recorded(history, name, step), ...cropOf(after) })
    }
  }
  const apply: Editor['apply'] = (name, edit) => change(name, edit)
  const travel = (go: typeof undone): void => {
    const { document, history } = store.getState()
    const travelled = document === null ? null : go(history, document)
    if (travelled !== null) set({ ...travelled, draft: null, sketch: null, ...cropOf(travelled.document) })
  }
  /** The crop frame starts at the canvas' own edges, also after the canvas has changed. */
  const cropOf = (document: CanvasDocument | null): Partial<EditorState> => {
    const { tool, crop } = store.getState()
    if (tool !== 'crop') return crop === null ? {} : { crop: null }
    return { crop: document === null ? null : areaOf(document.canvas) }
  }

  return {
    store,
    newId,
    open: (document) => {
      set({ ...closed, ...leaving(store.getState()), document, ...cropOf(document) })
      fit(store)
    },
    close: () => set({ ...closed, ...leaving(store.getState()) }),
    offer: (document) =>
      set({ previous: { document, history: emptyHistory }, notice: closedNotice(document) }),
    reopen: () => {
      const state = store.getState()
      if (state.previous === null) return
      set({
        ...closed,
        ...leaving(state),
        ...state.previous,
        notice: null,
        ...cropOf(state.previous.document)
      })
      fit(store)
    },
    apply,
    adjust: (edit) => {
      const { document } = store.getState()
      if (document !== null) set({ document: edit(document) })
    },
    show: (draft) => set({ draft }),
    keep: (name, group) => {
      const { draft } = store.getState()
      if (draft !== null) change(name, () => draft, group)
    },
    undo: () => travel(undone),
    redo: () => travel(redone),
    chooseTool: (tool) => {
      const { document } = store.getState()
      const crop = tool === 'crop' && document !== null ? areaOf(document.canvas) : null
      set({ tool, sketch: null, draft: null, crop })
    },
    set: (change) => set({ ...change, ...previewedBy(change, store.getState()) }),
    view: viewCommands(store),
    notify: (notice) => set({ notice }),
    damage: (area) => {
      for (const listener of damaged) listener(area)
    },
    ...{ marksExports, tellOfParameters },
    onDamage: (listener) => {
      damaged.add(listener)
      return () => damaged.delete(listener)
    }
  }
}

function viewCommands(store: StoreApi<EditorState>): ViewCommands {
  return {
    set: (view) => store.setState({ view }),
    fit: () => fit(store),
    to: (scale) => {
      const { document, viewport } = store.getState()
      if (document !== null) store.setState({ view: centredView(document.canvas, viewport, scale) })
    },
    zoom: (factor) => {
      const { view, viewport } = store.getState()
      const middle = { x: viewport.width / 2, y: viewport.height / 2 }
      store.setState({ view: zoomedView(view, middle, factor) })
    },
    resize: (viewport) => {
      const { viewport: before } = store.getState()
      if (viewport.width === before.width && viewport.height === before.height) return
      store.setState({ viewport })
      if (before.width === 0) fit(store)
    }
  }
}

function fit(store: StoreApi<EditorState>): void {
  const { document, viewport } = store.getState()
  if (document !== null && viewport.width > 0) store.setState({ view: fittedView(document.canvas, viewport) })
}

const previewedBy = ({ preview }: Settings, { previewed }: EditorState): Partial<EditorState> =>
  preview == null ? {} : { previewed: new Set([...previewed, preview.documentId]) }

/** What to remember of a document that is about to be left. */
function leaving({ document, history, previous, previewed }: EditorState): Partial<EditorState> {
  if (document === null || (history.past.length === 0 && !previewed.has(document.id))) return { previous }
  return { previous: { document, history }, notice: closedNotice(document) }
}

const closedNotice = ({ name }: CanvasDocument): Notice => ({
  kind: 'info',
  message: `“${name}” was closed.`,
  hint: 'It stays here until you close another one.',
  offers: 'reopen'
})

const closed = { document: null, draft: null, history: emptyHistory, crop: null, sketch: null, preview: null }

const startState: EditorState = {
  ...closed,
  tool: 'rectangle-marquee',
  brush: { size: 24, hardness: 0.8, opacity: 1 },
  foreground: [0, 0, 0],
  background: [255, 255, 255],
  maskPaint: 'reveal',
  wand: { tolerance: 24, contiguous: true },
  feather: 0,
  automaticArea: null,
  previous: null,
  previewed: new Set(),
  view: { scale: 1, x: 0, y: 0 },
  viewport: { width: 0, height: 0 },
  notice: null,
  dialog: null
}
