import { activeLayer, select } from './document.ts'
import type { Editor } from './editor.ts'
import type { EditorState } from './editor-state.ts'
import {
  addMask,
  canMergeDown,
  changeLayer,
  duplicateLayer,
  insertLayers,
  mergeDown,
  moveLayer,
  removeLayer
} from './layer-edits.ts'
import { pictureRole } from './layer-role.ts'
import { emptyLayer, type Layer } from './layer.ts'
import { clearSelected, copySelected } from './pixel-edits.ts'
import { invertSelection, selectAll, selectEmpty } from './selection/selection.ts'
import { nudgeArea, setArea } from './tools/area.ts'
import { applyCrop, resetCrop } from './tools/crop.ts'
import { moveBy } from './tools/move.ts'

/** A thing to do by shortcut, menu or button. */
export interface Command {
  readonly id: string
  /** The heading it stands under in the list of shortcuts. */
  readonly group: 'File' | 'Edit' | 'Selection' | 'Layer' | 'Brush' | 'View'
  readonly label: string
  /** Written as shown, with `Ctrl` for Cmd on a Mac too; the first is the one in tooltips. */
  readonly keys: readonly string[]
  /** Whether there is anything for it to do. */
  readonly can: (state: EditorState) => boolean
  readonly run: (editor: Editor) => void
}

const isOpen = ({ document }: EditorState): boolean => document !== null
const hasSelection = ({ document }: EditorState): boolean => document !== null && document.selection !== null
const layerOf = ({ document }: EditorState): Layer | null =>
  document === null ? null : activeLayer(document)
const hasLayer = (state: EditorState): boolean => layerOf(state) !== null
const isCropping = ({ crop }: EditorState): boolean => crop !== null

/** Does something with the active layer, where there is one. */
const onLayer =
  (run: (editor: Editor, layer: Layer) => void) =>
  (editor: Editor): void => {
    const layer = layerOf(editor.store.getState())
    if (layer !== null) run(editor, layer)
  }

const edit: readonly Command[] = [
  {
    id: 'undo',
    group: 'Edit',
    label: 'Undo',
    keys: ['Ctrl+Z'],
    can: ({ history }) => history.past.length > 0,
    run: (editor) => editor.undo()
  },
  {
    id: 'redo',
    group: 'Edit',
    label: 'Redo',
    keys: ['Ctrl+Shift+Z', 'Ctrl+Y'],
    can: ({ history }) => history.future.length > 0,
    run: (editor) => editor.redo()
  },
  {
    id: 'clear',
    group: 'Edit',
    label: 'Clear selected pixels, or delete the layer',
    keys: ['Delete', 'Backspace'],
    can: hasLayer,
    run: onLayer((editor, { id }) => {
      if (hasSelection(editor.store.getState())) editor.apply('Clear', clearSelected)
      else editor.apply('Delete layer', removeLayer(id))
    })
  },
  { id: 'crop', group: 'Edit', label: 'Apply crop', keys: ['Enter'], can: isCropping, run: applyCrop },
  { id: 'reset-crop', group: 'Edit', label: 'Reset crop', keys: ['Escape'], can: isCropping, run: resetCrop }
]

const selection: readonly Command[] = [
  {
    id: 'select-all',
    group: 'Selection',
    label: 'Select all',
    keys: ['Ctrl+A'],
    can: isOpen,
    run: (editor) => editor.apply('Select all', selectAll)
  },
  {
    id: 'deselect',
    group: 'Selection',
    label: 'Deselect',
    keys: ['Ctrl+D'],
    can: hasSelection,
    run: (editor) => editor.apply('Deselect', select(null))
  },
  {
    id: 'invert',
    group: 'Selection',
    label: 'Invert selection',
    keys: ['Ctrl+Shift+I'],
    can: isOpen,
    run: (editor) => editor.apply('Invert selection', invertSelection)
  },
  {
    id: 'feather',
    group: 'Selection',
    label: 'Feather selection…',
    keys: ['Shift+F6'],
    can: hasSelection,
    run: (editor) => editor.set({ dialog: 'feather' })
  },
  {
    id: 'select-empty',
    group: 'Selection',
    label: 'Select empty canvas',
    keys: [],
    can: isOpen,
    run: (editor) => editor.apply('Select empty canvas', selectEmpty)
  },
  {
    id: 'automatic-area',
    group: 'Selection',
    label: 'Automatic area for the model',
    keys: [],
    can: ({ document }) => document !== null && document.area !== null,
    run: (editor) => setArea(editor, null)
  }
]

const layer: readonly Command[] = [
  {
    id: 'new-layer',
    group: 'Layer',
    label: 'New layer',
    keys: ['Ctrl+Shift+N'],
    can: isOpen,
    run: (editor) => {
      const count = editor.store.getState().document?.layers.length ?? 0
      editor.apply('New layer', insertLayers([emptyLayer(editor.newId(), `Layer ${count + 1}`)]))
    }
  },
  {
    id: 'duplicate',
    group: 'Layer',
    label: 'Duplicate layer, or copy selection to a layer',
    keys: ['Ctrl+J'],
    can: hasLayer,
    run: onLayer((editor, { id }) => {
      if (hasSelection(editor.store.getState())) editor.apply('Layer by copy', copySelected(editor.newId()))
      else editor.apply('Duplicate layer', duplicateLayer(id, editor.newId()))
    })
  },
  {
    id: 'merge-down',
    group: 'Layer',
    label: 'Merge down',
    keys: ['Ctrl+E'],
    can: (state) => {
      const layer = layerOf(state)
      return state.document !== null && layer !== null && canMergeDown(state.document, layer.id)
    },
    run: onLayer((editor, { id }) => editor.apply('Merge down', mergeDown(id)))
  },
  {
    id: 'exclude',
    group: 'Layer',
    label: 'Keep from the model, or show to it again',
    keys: [],
    can: (state) => hasLayer(state) && layerOf(state)?.role.kind !== 'control',
    run: onLayer((editor, { id, role }) => {
      if (role.kind === 'picture')
        editor.apply('Keep layer from the model', changeLayer(id, { role: { kind: 'excluded' } }))
      else editor.apply('Show layer to the model', changeLayer(id, { role: pictureRole }))
    })
  },
  {
    id: 'raise',
    group: 'Layer',
    label: 'Raise layer',
    keys: ['Ctrl+]'],
    can: hasLayer,
    run: onLayer((editor, { id }) => moveActive(editor, id, 1))
  },
  {
    id: 'lower',
    group: 'Layer',
    label: 'Lower layer',
    keys: ['Ctrl+['],
    can: hasLayer,
    run: onLayer((editor, { id }) => moveActive(editor, id, -1))
  },
  {
    id: 'add-mask',
    group: 'Layer',
    label: 'Add mask from selection',
    keys: [],
    can: (state) => layerOf(state)?.mask === null,
    run: (editor) => editor.apply('Add mask', addMask)
  },
  {
    id: 'delete-mask',
    group: 'Layer',
    label: 'Delete mask',
    keys: [],
    can: (state) => (layerOf(state)?.mask ?? null) !== null,
    run: onLayer((editor, { id }) => editor.apply('Delete mask', changeLayer(id, { mask: null })))
  },
  {
    id: 'delete-layer',
    group: 'Layer',
    label: 'Delete layer',
    keys: [],
    can: hasLayer,
    run: onLayer((editor, { id }) => editor.apply('Delete layer', removeLayer(id)))
  },
  ...nudges()
]

function moveActive(editor: Editor, id: string, by: 1 | -1): void {
  const place = editor.store.getState().document?.layers.findIndex((each) => each.id === id) ?? 0
  editor.apply(by > 0 ? 'Raise layer' : 'Lower layer', moveLayer(id, place + by))
}

/** Arrow keys move the layer, or the area that the model sees, while its tool is in hand. */
function nudges(): readonly Command[] {
  const directions = { Left: [-1, 0], Right: [1, 0], Up: [0, -1], Down: [0, 1] } as const
  return Object.entries(directions).flatMap(([name, [x, y]]) =>
    ([1, 10] as const).map((step) => ({
      id: `nudge-${name.toLowerCase()}-${step}`,
      group: 'Layer' as const,
      label: `Move ${step === 1 ? '1 pixel' : '10 pixels'} ${name.toLowerCase()} (move and area tools)`,
      keys: [`${step === 1 ? '' : 'Shift+'}Arrow${name}`],
      can: (state: EditorState) => (state.tool === 'move' && hasLayer(state)) || state.tool === 'area',
      run: (editor: Editor) => {
        const by = { x: x * step, y: y * step }
        if (editor.store.getState().tool === 'area') nudgeArea(editor, by)
        else moveBy(editor, by)
      }
    }))
  )
}

export const editCommands: readonly Command[] = [...edit, ...selection, ...layer]
