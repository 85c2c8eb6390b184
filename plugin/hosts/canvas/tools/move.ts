import { activeLayer } from '../document.ts'
import type { Editor } from '../editor.ts'
import type { Point } from '../geometry.ts'
import { offsetLayer } from '../layer-edits.ts'
import type { Tool } from './tool.ts'

/** Moves the active layer with its mask by whole pixels; Shift keeps to one direction. */
export const move: Tool = {
  name: 'move',
  label: 'Move',
  key: 'V',
  cursor: 'move',
  begin: (editor, start) => {
    const { document } = editor.store.getState()
    const layer = document === null ? null : activeLayer(document)
    if (document === null || layer === null) {
      editor.notify({
        kind: 'error',
        message: 'There is no layer to move.',
        hint: 'Choose one in the layer list.'
      })
      return null
    }
    return {
      move: ({ at, shift }) => {
        const by = wholeStep(start.at, at, shift)
        editor.show(offsetLayer(layer.id, by)(document))
      },
      finish: ({ at, shift }) => {
        const by = wholeStep(start.at, at, shift)
        editor.show(null)
        moveBy(editor, by)
      },
      cancel: () => editor.show(null)
    }
  }
}

/** Moves the active layer as one undo step. */
export function moveBy(editor: Editor, by: Point): void {
  const { document } = editor.store.getState()
  const layer = document === null ? null : activeLayer(document)
  if (layer !== null && (by.x !== 0 || by.y !== 0)) editor.apply('Move layer', offsetLayer(layer.id, by))
}

function wholeStep(from: Point, to: Point, straight: boolean): Point {
  const x = Math.round(to.x - from.x)
  const y = Math.round(to.y - from.y)
  if (!straight) return { x, y }
  return Math.abs(x) >= Math.abs(y) ? { x, y: 0 } : { x: 0, y }
}
