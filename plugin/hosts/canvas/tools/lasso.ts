import type { Point } from '../geometry.ts'
import { polygonMask } from '../selection/shapes.ts'
import { selectDrawn, selectionMode, selectNothing } from './select-tool.ts'
import type { Tool } from './tool.ts'

export const lasso: Tool = {
  name: 'lasso',
  label: 'Lasso',
  key: 'L',
  cursor: 'crosshair',
  begin: (editor, start) => {
    const mode = selectionMode(start)
    const points: Point[] = [start.at]
    return {
      move: ({ at }) => {
        points.push(at)
        editor.set({ sketch: { kind: 'line', points: [...points] } })
      },
      finish: () => {
        editor.set({ sketch: null })
        if (points.length < 3) selectNothing(editor, mode)
        else selectDrawn(editor, mode, (canvas) => polygonMask(points, canvas))
      },
      cancel: () => editor.set({ sketch: null })
    }
  }
}
