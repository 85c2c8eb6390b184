import { flatten } from '../composite.ts'
import { activeLayer } from '../document.ts'
import type { Editor } from '../editor.ts'
import type { EditorState } from '../editor-state.ts'
import { areaOf, contains, type Point } from '../geometry.ts'
import { startStroke, type Paint } from './stroke.ts'
import type { Gesture, Pointer, Tool } from './tool.ts'

export const brush: Tool = {
  name: 'brush',
  label: 'Brush',
  key: 'B',
  cursor: 'none',
  begin: (editor, pointer) => {
    if (!pointer.alt) return paintStroke(editor, pointer, 'Brush stroke', brushPaint(editor.store.getState()))
    pickColour(editor, pointer.at)
    return null
  }
}

export const eraser: Tool = {
  name: 'eraser',
  label: 'Eraser',
  key: 'E',
  cursor: 'none',
  begin: (editor, pointer) => {
    const { document } = editor.store.getState()
    const paint: Paint = document?.editing === 'mask' ? { kind: 'mask', value: 0 } : { kind: 'erase' }
    return paintStroke(editor, pointer, 'Erase', paint)
  }
}

/**
 * Paints the active layer's mask, whatever is being edited otherwise. The selection does not hold it back: it is the tool
 * for widening a result, and what was selected to make that result is exactly what lies in the way.
 */
export const maskBrush: Tool = {
  name: 'mask-brush',
  label: 'Mask brush',
  key: 'K',
  cursor: 'none',
  begin: (editor, pointer) => {
    const reveals = (editor.store.getState().maskPaint === 'reveal') !== pointer.alt
    const paint: Paint = { kind: 'mask', value: reveals ? 255 : 0, anywhere: true }
    return paintStroke(editor, pointer, reveals ? 'Reveal with mask' : 'Hide with mask', paint)
  }
}

/** On a mask, a colour counts by its brightness (ITU-R BT.601 luma). */
function brushPaint({ document, foreground }: EditorState): Paint {
  if (document?.editing !== 'mask') return { kind: 'colour', colour: foreground }
  const [red, green, blue] = foreground
  return { kind: 'mask', value: Math.round(0.299 * red + 0.587 * green + 0.114 * blue) }
}

function paintStroke(editor: Editor, start: Pointer, name: string, paint: Paint): Gesture | null {
  const { document, brush: options } = editor.store.getState()
  if (document === null) return null
  const layer = activeLayer(document)
  if (layer?.visible !== true) {
    const message = layer === null ? 'There is no layer to paint on.' : `Layer “${layer.name}” is hidden.`
    const hint =
      layer === null ? 'Add a layer in the layer list first.' : 'Show it in the layer list to paint on it.'
    editor.notify({ kind: 'error', message, hint })
    return null
  }
  const stroke = startStroke(document, options, paint)
  if (stroke === null) return null
  let last = start.at
  const to = (next: Point): void => {
    const area = stroke.line(last, next)
    last = next
    if (area !== null) editor.damage(area)
  }
  editor.show(stroke.draft)
  to(start.at)
  return {
    move: ({ at }) => to(at),
    finish: ({ at }) => {
      if (at.x !== last.x || at.y !== last.y) to(at)
      editor.show(stroke.finish())
      editor.keep(name)
    },
    cancel: () => editor.show(null)
  }
}

function pickColour(editor: Editor, at: Point): void {
  const { document } = editor.store.getState()
  if (document === null || !contains(areaOf(document.canvas), at)) return
  const pixel = { x: Math.floor(at.x), y: Math.floor(at.y), width: 1, height: 1 }
  const { data } = flatten(document, pixel)
  if (data[3] !== 0) editor.set({ foreground: [data[0]!, data[1]!, data[2]!] })
}
