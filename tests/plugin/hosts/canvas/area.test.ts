import { describe, expect, it } from 'vitest'
import type { Rect } from '../../../../bridge-server/protocol/geometry.ts'
import { createCanvasHost } from '../../../../plugin/hosts/canvas/canvas-host.ts'
import { chooseArea, cropCanvas, select } from '../../../../plugin/hosts/canvas/document.ts'
import { createEditor, type Editor } from '../../../../plugin/hosts/canvas/editor.ts'
import { seenArea } from '../../../../plugin/hosts/canvas/editor-state.ts'
import { areaOf, holds, type Point } from '../../../../plugin/hosts/canvas/geometry.ts'
import { rectangleMask } from '../../../../plugin/hosts/canvas/selection/shapes.ts'
import { area, leastArea, nudgeArea, resizedArea } from '../../../../plugin/hosts/canvas/tools/area.ts'
import { handles } from '../../../../plugin/hosts/canvas/tools/crop.ts'
import { toScreen } from '../../../../plugin/hosts/canvas/view-transform.ts'
import { noiseDocument } from './pictures.ts'

const automatic = { x: 40, y: 40, width: 120, height: 100 }
/** Of `noiseDocument`. */
const canvas = { width: 300, height: 280 }

function opened(scale = 1): Editor {
  let milliseconds = 0
  const editor = createEditor({ now: () => milliseconds++ })
  editor.open(noiseDocument())
  editor.view.set({ scale, x: 13, y: 7 })
  createCanvasHost(editor).showArea?.(automatic)
  editor.chooseTool('area')
  return editor
}

const chosen = (editor: Editor): Rect | null => editor.store.getState().document!.area
const steps = (editor: Editor): readonly string[] =>
  editor.store.getState().history.past.map(({ name }) => name)

function drag(editor: Editor, from: Point, to: Point): void {
  const pointer = (at: Point) => ({
    at,
    screen: toScreen(editor.store.getState().view, at),
    ...{ shift: false, alt: false }
  })
  const gesture = area.begin(editor, pointer(from))
  gesture?.move(pointer({ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }))
  gesture?.move(pointer(to))
  gesture?.finish(pointer(to))
}

describe('the area that the model sees', () => {
  it.each([0.25, 1, 3.3])('is moved by a drag in it, as one undo step, at a zoom of %f', (scale) => {
    const editor = opened(scale)
    drag(editor, { x: 100, y: 90 }, { x: 120, y: 60 })
    expect(chosen(editor)).toEqual({ x: 60, y: 10, width: 120, height: 100 })
    expect(steps(editor)).toEqual(['Area for the model'])
    editor.undo()
    expect(chosen(editor)).toBeNull()
    expect(seenArea(editor.store.getState())).toEqual(automatic)
  })

  it('is resized by its handles, and drawn anew by a drag elsewhere', () => {
    const editor = opened()
    drag(editor, { x: 160, y: 140 }, { x: 200, y: 200 })
    expect(chosen(editor)).toEqual({ x: 40, y: 40, width: 160, height: 160 })
    drag(editor, { x: 40, y: 120 }, { x: 20, y: 130 })
    expect(chosen(editor)).toEqual({ x: 20, y: 40, width: 180, height: 160 })
    drag(editor, { x: 290, y: 270 }, { x: 230, y: 220 })
    expect(chosen(editor)).toEqual({ x: 230, y: 220, width: 60, height: 50 })
  })

  it('never leaves the canvas and never gets smaller than a model can use', () => {
    for (const handle of handles)
      for (const by of [-1000, -7, 7, 1000]) {
        const resized = resizedArea(automatic, handle, { x: by, y: by }, canvas)
        expect(holds(areaOf(canvas), resized)).toBe(true)
        expect(Math.min(resized.width, resized.height)).toBeGreaterThanOrEqual(leastArea)
      }
    const editor = opened()
    drag(editor, { x: 100, y: 90 }, { x: 1000, y: -1000 })
    expect(chosen(editor)).toEqual({ x: 180, y: 0, width: 120, height: 100 })
  })

  it('stays as it was after a click, and after a drag that is taken back', () => {
    const editor = opened()
    drag(editor, { x: 100, y: 90 }, { x: 100, y: 90 })
    const at = { at: { x: 100, y: 90 }, screen: { x: 113, y: 97 }, shift: false, alt: false }
    const gesture = area.begin(editor, at)
    gesture?.move({ ...at, at: { x: 150, y: 90 } })
    expect(seenArea(editor.store.getState())?.x).toBe(90)
    gesture?.cancel()
    expect(seenArea(editor.store.getState())).toEqual(automatic)
    expect(steps(editor)).toEqual([])
  })

  it('moves by arrow keys, those that follow each other as one step', () => {
    const editor = opened()
    for (let press = 0; press < 5; press++) nudgeArea(editor, { x: 10, y: 0 })
    expect(chosen(editor)).toEqual({ ...automatic, x: 90 })
    expect(steps(editor)).toHaveLength(1)
  })

  it('is automatic again for another selection, and stays for one inside it', () => {
    const editor = opened()
    const selects = (x: number): void =>
      editor.apply('Select', select(rectangleMask({ x, y: 60, width: 20, height: 20 })))
    editor.apply('Area', chooseArea(automatic))
    selects(60)
    expect(chosen(editor)).toEqual(automatic)
    selects(150)
    expect(chosen(editor)).toBeNull()
    editor.undo()
    expect(chosen(editor)).toEqual(automatic)
    editor.apply('Deselect', select(null))
    expect(chosen(editor)).toBeNull()
  })

  it('stays over the same pixels when the canvas is extended or cropped', () => {
    const editor = opened()
    editor.apply('Area', chooseArea(automatic))
    editor.apply('Extend', cropCanvas({ x: -50, y: -10, width: 400, height: 400 }))
    expect(chosen(editor)).toEqual({ x: 90, y: 50, width: 120, height: 100 })
    editor.apply('Crop', cropCanvas({ x: 100, y: 0, width: 50, height: 400 }))
    expect(chosen(editor)).toEqual({ x: 0, y: 50, width: 50, height: 100 })
    editor.apply('Crop', cropCanvas({ x: 0, y: 200, width: 50, height: 50 }))
    expect(chosen(editor)).toBeNull()
  })

  it('is told to the panel, which is called when it changes', async () => {
    const editor = opened()
    const host = createCanvasHost(editor)
    let calls = 0
    host.watch(() => calls++)
    expect(await host.document()).not.toHaveProperty('area')
    editor.apply('Area', chooseArea(automatic))
    expect(await host.document()).toMatchObject({ area: automatic })
    expect(calls).toBe(1)
  })
})
