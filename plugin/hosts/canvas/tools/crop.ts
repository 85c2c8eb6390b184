import type { Rect } from '#protocol/geometry.ts'
import { cropCanvas } from '../document.ts'
import type { Editor } from '../editor.ts'
import { areaOf, contains, sameArea, type Point } from '../geometry.ts'
import { sizeProblem } from '../limits.ts'
import { screenArea, type View } from '../view-transform.ts'
import type { Tool } from './tool.ts'

/** Which edges a handle pulls: -1 the left or top one, 1 the right or bottom one, 0 neither. */
export interface Handle {
  readonly x: -1 | 0 | 1
  readonly y: -1 | 0 | 1
}

const sides = [-1, 0, 1] as const

/** The eight handles of a frame: corners and middles of the sides. */
export const handles: readonly Handle[] = sides
  .flatMap((y) => sides.map((x) => ({ x, y })))
  .filter(({ x, y }) => x !== 0 || y !== 0)

/** Changes the canvas' size: inward crops, outward adds empty canvas. Enter applies the frame. */
export const crop: Tool = {
  name: 'crop',
  label: 'Crop and extend',
  key: 'C',
  cursor: 'default',
  begin: (editor, start) => {
    const { crop: frame, view } = editor.store.getState()
    if (frame === null) return null
    const handle = handleAt(frame, view, start.screen)
    if (handle === null && !contains(frame, start.at)) return null
    const pull = ({ at }: { readonly at: Point }): void => {
      const by = { x: Math.round(at.x - start.at.x), y: Math.round(at.y - start.at.y) }
      const crop =
        handle === null ? { ...frame, x: frame.x + by.x, y: frame.y + by.y } : pulled(frame, handle, by)
      editor.set({ crop })
    }
    return { move: pull, finish: pull, cancel: () => editor.set({ crop: frame }) }
  }
}

/** The frame with the handle's edges moved; an edge stops a pixel before the one across. */
export function pulled(frame: Rect, { x, y }: Handle, by: Point): Rect {
  const [left, width] = pulledEdge(frame.x, frame.width, x, by.x)
  const [top, height] = pulledEdge(frame.y, frame.height, y, by.y)
  return { x: left, y: top, width, height }
}

function pulledEdge(start: number, length: number, side: -1 | 0 | 1, by: number): [number, number] {
  if (side === 0) return [start, length]
  if (side === 1) return [start, Math.max(1, length + by)]
  const moved = Math.min(by, length - 1)
  return [start + moved, length - moved]
}

/** How far from a handle, in CSS pixels, a press still takes it. */
const handleReach = 10

/** The handle at a point of the viewport, or null. */
export function handleAt(frame: Rect, view: View, screen: Point): Handle | null {
  const { x, y, width, height } = screenArea(view, frame)
  const near = (at: number, start: number, length: number): -1 | 0 | 1 | null => {
    if (at < start - handleReach || at > start + length + handleReach) return null
    if (Math.abs(at - start) <= handleReach) return -1
    return Math.abs(at - start - length) <= handleReach ? 1 : 0
  }
  const across = near(screen.x, x, width)
  const down = near(screen.y, y, height)
  if (across === null || down === null || (across === 0 && down === 0)) return null
  return { x: across, y: down }
}

/** The CSS cursor over a handle. */
export function handleCursor({ x, y }: Handle): string {
  if (x === 0) return 'ns-resize'
  if (y === 0) return 'ew-resize'
  return x === y ? 'nwse-resize' : 'nesw-resize'
}

/** Makes the crop frame the canvas, as one undo step. */
export function applyCrop(editor: Editor): void {
  const { crop: frame, document } = editor.store.getState()
  if (frame === null || document === null || sameArea(frame, areaOf(document.canvas))) return
  const problem = sizeProblem(frame)
  if (problem !== null) {
    editor.notify({
      kind: 'error',
      message: `The new canvas cannot be made: ${problem}`,
      hint: 'Make the frame smaller.'
    })
    return
  }
  const { width, height } = document.canvas
  const inside =
    frame.x >= 0 && frame.y >= 0 && frame.x + frame.width <= width && frame.y + frame.height <= height
  editor.apply(inside ? 'Crop' : 'Extend canvas', cropCanvas(frame))
  editor.view.fit()
}

/** Sets the frame back to the canvas' own edges. */
export function resetCrop(editor: Editor): void {
  const { document } = editor.store.getState()
  if (document !== null) editor.set({ crop: areaOf(document.canvas) })
}
