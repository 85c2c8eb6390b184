import type { Rect } from '#protocol/geometry.ts'
import type { Editor } from '../editor.ts'
import { areaBetween, intersection, type Point } from '../geometry.ts'
import { ellipseMask, rectangleMask } from '../selection/shapes.ts'
import { emptyPlane } from '../plane.ts'
import { selectDrawn, selectionMode, selectNothing } from './select-tool.ts'
import type { Gesture, Pointer, Tool } from './tool.ts'

export const rectangleMarquee: Tool = {
  name: 'rectangle-marquee',
  label: 'Rectangular marquee',
  key: 'M',
  cursor: 'crosshair',
  begin: (editor, pointer) => dragMarquee(editor, pointer, 'rectangle')
}

export const ellipseMarquee: Tool = {
  name: 'ellipse-marquee',
  label: 'Elliptical marquee',
  key: 'M',
  cursor: 'crosshair',
  begin: (editor, pointer) => dragMarquee(editor, pointer, 'ellipse')
}

function dragMarquee(editor: Editor, start: Pointer, kind: 'rectangle' | 'ellipse'): Gesture {
  const mode = selectionMode(start)
  // Keys that said how to select must be let go before they can say how to drag.
  let free = { shift: !start.shift, alt: !start.alt }
  const areaTo = (pointer: Pointer): Rect | null => {
    free = { shift: free.shift || !pointer.shift, alt: free.alt || !pointer.alt }
    const square = pointer.shift && free.shift
    const centred = pointer.alt && free.alt
    return draggedArea(start.at, pointer.at, { square, centred })
  }
  return {
    move: (pointer) => {
      const area = areaTo(pointer)
      editor.set({ sketch: area === null ? null : { kind, area } })
    },
    finish: (pointer) => {
      const area = areaTo(pointer)
      editor.set({ sketch: null })
      if (area === null) {
        selectNothing(editor, mode)
        return
      }
      selectDrawn(editor, mode, (canvas) => {
        const inside = intersection(area, canvas)
        if (inside === null) return emptyPlane(1)
        return kind === 'rectangle' ? rectangleMask(inside) : ellipseMask(area, canvas)
      })
    },
    cancel: () => editor.set({ sketch: null })
  }
}

/** The area of a drag: Shift makes it square, Alt makes the start its centre. */
function draggedArea(
  start: Point,
  end: Point,
  { square, centred }: { readonly square: boolean; readonly centred: boolean }
): Rect | null {
  let dx = end.x - start.x
  let dy = end.y - start.y
  if (square) {
    const edge = Math.max(Math.abs(dx), Math.abs(dy))
    dx = edge * (dx < 0 ? -1 : 1)
    dy = edge * (dy < 0 ? -1 : 1)
  }
  const from = centred ? { x: start.x - dx, y: start.y - dy } : start
  return areaBetween(from, { x: start.x + dx, y: start.y + dy })
}
