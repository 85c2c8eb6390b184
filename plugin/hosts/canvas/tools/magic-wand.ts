import { flatten } from '../composite.ts'
import { areaOf, contains } from '../geometry.ts'
import { wandMask } from '../selection/wand.ts'
import { selectDrawn, selectionMode, selectNothing } from './select-tool.ts'
import type { Tool } from './tool.ts'

/** Selects by the colours that a person sees, of all layers together. */
export const magicWand: Tool = {
  name: 'wand',
  label: 'Magic wand',
  key: 'W',
  cursor: 'crosshair',
  begin: (editor, pointer) => {
    const { document, wand } = editor.store.getState()
    if (document === null) return null
    const mode = selectionMode(pointer)
    if (contains(areaOf(document.canvas), pointer.at))
      selectDrawn(editor, mode, (canvas) => wandMask(flatten(document, canvas), pointer.at, wand))
    else selectNothing(editor, mode)
    return null
  }
}
