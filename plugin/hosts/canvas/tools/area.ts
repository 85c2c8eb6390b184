import type { Rect, Size } from '#protocol/geometry.ts'
import { chooseArea } from '../document.ts'
import { seenArea } from '../editor-state.ts'
import type { Editor } from '../editor.ts'
import { areaBetween, areaOf, contains, intersection, sameArea, type Point } from '../geometry.ts'
import { handleAt, type Handle } from './crop.ts'
import type { Pointer, Tool } from './tool.ts'

/** The smallest edge of an area, in document pixels: less tells a model nothing. */
export const leastArea = 16

/** Chooses what the model sees: handles resize the frame, a drag in it moves it, a drag elsewhere draws another. */
export const area: Tool = {
  name: 'area',
  label: 'Area that the model sees',
  key: 'A',
  cursor: 'crosshair',
  begin: (editor, start) => {
    const state = editor.store.getState()
    const { document, view } = state
    if (document === null) return null
    const frame = seenArea(state)
    const { canvas } = document
    const handle = frame === null ? null : handleAt(frame, view, start.screen)
    const next = ({ at }: Pointer): Rect | null => {
      const by = { x: Math.round(at.x - start.at.x), y: Math.round(at.y - start.at.y) }
      if (frame !== null && handle !== null) return resizedArea(frame, handle, by, canvas)
      if (frame !== null && isMovable(frame, canvas) && contains(frame, start.at))
        return movedArea(frame, by, canvas)
      return drawnArea(start.at, at, canvas)
    }
    const show = (pointer: Pointer): void => {
      const chosen = next(pointer)
      if (chosen !== null) editor.show(chooseArea(chosen)(document))
    }
    return {
      move: show,
      finish: (pointer) => {
        const isClick = pointer.at.x === start.at.x && pointer.at.y === start.at.y
        if (isClick) editor.show(null)
        else {
          show(pointer)
          editor.keep('Area for the model')
        }
      },
      cancel: () => editor.show(null)
    }
  }
}

/** One that covers the canvas has nowhere to go. */
export const isMovable = (frame: Rect, canvas: Size): boolean => !sameArea(frame, areaOf(canvas))

/** An area moved as far as the canvas allows. */
export function movedArea(frame: Rect, by: Point, canvas: Size): Rect {
  const inside = (start: number, length: number, size: number): number =>
    Math.max(0, Math.min(start, size - length))
  return {
    ...frame,
    x: inside(frame.x + by.x, frame.width, canvas.width),
    y: inside(frame.y + by.y, frame.height, canvas.height)
  }
}

/** An area with the handle's edges moved, no smaller than `leastArea` and not out of the canvas. */
export function resizedArea(frame: Rect, { x, y }: Handle, by: Point, canvas: Size): Rect {
  const [left, width] = movedEdge(frame.x, frame.width, x, by.x, canvas.width)
  const [top, height] = movedEdge(frame.y, frame.height, y, by.y, canvas.height)
  return { x: left, y: top, width, height }
}

function movedEdge(
  start: number,
  length: number,
  side: Handle['x'],
  by: number,
  size: number
): readonly [start: number, length: number] {
  if (side === 0) return [start, length]
  const end = start + length
  if (side === 1) return [start, Math.min(size, Math.max(end + by, start + leastArea)) - start]
  const moved = Math.max(0, Math.min(start + by, end - leastArea))
  return [moved, end - moved]
}

/** Null for a drag that is too short to be meant. */
function drawnArea(from: Point, to: Point, canvas: Size): Rect | null {
  const drawn = areaBetween(from, to)
  const inside = drawn === null ? null : intersection(drawn, areaOf(canvas))
  if (inside === null || inside.width < leastArea || inside.height < leastArea) return null
  return inside
}

/** Chooses an area by number or key; those that follow each other quickly are one undo step. */
export function setArea(editor: Editor, frame: Rect | null): void {
  const { document } = editor.store.getState()
  if (document === null) return
  editor.show(chooseArea(frame)(document))
  editor.keep('Area for the model', 'area')
}

/** Moves the area by whole pixels. */
export function nudgeArea(editor: Editor, by: Point): void {
  const state = editor.store.getState()
  const frame = seenArea(state)
  if (state.document === null || frame === null || !isMovable(frame, state.document.canvas)) return
  setArea(editor, movedArea(frame, by, state.document.canvas))
}
