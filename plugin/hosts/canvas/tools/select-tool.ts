import type { Rect } from '#protocol/geometry.ts'
import type { Notice } from '../editor-state.ts'
import type { Editor } from '../editor.ts'
import { areaOf } from '../geometry.ts'
import type { Plane } from '../plane.ts'
import { feathered } from '../selection/feather.ts'
import { selectWith, type SelectionMode } from '../selection/selection.ts'
import { select } from '../document.ts'
import type { Pointer } from './tool.ts'

/** What the modifier keys at the press say: Shift adds, Alt subtracts, both intersect. */
export function selectionMode({ shift, alt }: Pointer): SelectionMode {
  if (shift && alt) return 'intersect'
  if (shift) return 'add'
  return alt ? 'subtract' : 'replace'
}

const names: Record<SelectionMode, string> = {
  replace: 'Select',
  add: 'Add to selection',
  subtract: 'Subtract from selection',
  intersect: 'Intersect selection'
}

/** Selects with what a tool has drawn, feathered as the editor is set. `mask` draws inside the canvas. */
export function selectDrawn(editor: Editor, mode: SelectionMode, mask: (canvas: Rect) => Plane): void {
  const { document, feather } = editor.store.getState()
  if (document === null) return
  const canvas = areaOf(document.canvas)
  editor.apply(names[mode], selectWith(feathered(mask(canvas), feather, canvas), mode))
  const after = editor.store.getState()
  if (after.document?.selection === null) editor.notify(noPixels)
  else if (after.notice === noPixels) editor.notify(null)
}

const noPixels: Notice = {
  kind: 'info',
  message: 'No pixel is selected.',
  hint: 'What you generate now covers the whole canvas. Draw on the canvas to select a part of it.'
}

/** A click that draws nothing takes the selection away, unless it was to change it. */
export function selectNothing(editor: Editor, mode: SelectionMode): void {
  if (mode === 'replace') editor.apply('Deselect', select(null))
}
