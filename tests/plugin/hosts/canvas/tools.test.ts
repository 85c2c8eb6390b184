import { describe, expect, it } from 'vitest'
import { selectionBounds } from '../../../../plugin/hosts/canvas/document.ts'
import { createEditor, type Editor } from '../../../../plugin/hosts/canvas/editor.ts'
import type { ToolName } from '../../../../plugin/hosts/canvas/editor-state.ts'
import type { Point } from '../../../../plugin/hosts/canvas/geometry.ts'
import { activateLayer } from '../../../../plugin/hosts/canvas/layer-edits.ts'
import { readPlane } from '../../../../plugin/hosts/canvas/plane.ts'
import { applyCrop, handleAt, pulled } from '../../../../plugin/hosts/canvas/tools/crop.ts'
import { toolForKey, toolNamed } from '../../../../plugin/hosts/canvas/tools/tools.ts'
import { toScreen } from '../../../../plugin/hosts/canvas/view-transform.ts'
import { noiseDocument } from './pictures.ts'

type Keys = Partial<{ shift: boolean; alt: boolean }>

function opened(): Editor {
  const editor = createEditor()
  editor.open(noiseDocument())
  return editor
}

/** Drags with a tool along document points; the keys are down all the while. */
function drag(
  editor: Editor,
  tool: ToolName,
  points: readonly Point[],
  { shift = false, alt = false }: Keys = {}
): void {
  if (editor.store.getState().tool !== tool) editor.chooseTool(tool)
  const pointer = (at: Point) => ({ at, screen: toScreen(editor.store.getState().view, at), shift, alt })
  const gesture = toolNamed(tool).begin(editor, pointer(points[0]!))
  for (const point of points.slice(1)) gesture?.move(pointer(point))
  gesture?.finish(pointer(points.at(-1)!))
}

const bounds = (editor: Editor): unknown => selectionBounds(editor.store.getState().document!)
const steps = (editor: Editor): string[] => editor.store.getState().history.past.map(({ name }) => name)

describe('marquees', () => {
  it('select the dragged rectangle, from any corner, as one step', () => {
    const editor = opened()
    drag(editor, 'rectangle-marquee', [
      { x: 50.4, y: 90.6 },
      { x: 80, y: 20 },
      { x: 10.2, y: 30.4 }
    ])
    expect(bounds(editor)).toEqual({ x: 10, y: 30, width: 40, height: 61 })
    expect(steps(editor)).toEqual(['Select'])
  })

  it('add with Shift, subtract with Alt, intersect with both', () => {
    const editor = opened()
    const box = (x: number, width: number) => [
      { x, y: 10 },
      { x: x + width, y: 20 }
    ]
    drag(editor, 'rectangle-marquee', box(10, 20))
    drag(editor, 'rectangle-marquee', box(50, 20), { shift: true })
    expect(bounds(editor)).toEqual({ x: 10, y: 10, width: 60, height: 10 })
    drag(editor, 'rectangle-marquee', box(0, 20), { alt: true })
    expect(bounds(editor)).toEqual({ x: 20, y: 10, width: 50, height: 10 })
    drag(editor, 'ellipse-marquee', box(0, 25), { shift: true, alt: true })
    expect(bounds(editor)).toMatchObject({ x: 20 })
    expect(steps(editor)).toEqual([
      'Select',
      'Add to selection',
      'Subtract from selection',
      'Intersect selection'
    ])
  })

  it('a click takes the selection away, and leaves no step where there was none', () => {
    const editor = opened()
    const click = [{ x: 5, y: 5 }]
    drag(editor, 'rectangle-marquee', click)
    expect(steps(editor)).toEqual([])
    drag(editor, 'lasso', [
      { x: 0, y: 0 },
      { x: 40, y: 0 },
      { x: 40, y: 40 }
    ])
    drag(editor, 'rectangle-marquee', click)
    expect(bounds(editor)).toBeNull()
    expect(steps(editor)).toEqual(['Select', 'Deselect'])
  })

  it('a cancelled drag changes nothing', () => {
    const editor = opened()
    const pointer = { at: { x: 1, y: 1 }, screen: { x: 1, y: 1 }, shift: false, alt: false }
    const gesture = toolNamed('ellipse-marquee').begin(editor, pointer)!
    gesture.move({ ...pointer, at: { x: 60, y: 60 } })
    expect(editor.store.getState().sketch).not.toBeNull()
    gesture.cancel()
    expect(editor.store.getState()).toMatchObject({ sketch: null, document: { selection: null } })
  })

  it('are feathered as the editor is set', () => {
    const editor = opened()
    editor.set({ feather: 10 })
    drag(editor, 'rectangle-marquee', [
      { x: 100, y: 100 },
      { x: 160, y: 160 }
    ])
    const edge = readPlane(editor.store.getState().document!.selection!, {
      x: 99,
      y: 130,
      width: 2,
      height: 1
    })
    expect((edge[0]! + edge[1]!) / 2).toBeCloseTo(127.5, 0)
  })
})

describe('a selection without a pixel', () => {
  const corners = [
    { x: -5, y: -5 },
    { x: 400, y: 400 }
  ]
  const notice = (editor: Editor) => editor.store.getState().notice?.message

  it('is none, and is told until something is selected', () => {
    const editor = opened()
    drag(editor, 'rectangle-marquee', corners)
    expect(notice(editor)).toBeUndefined()
    drag(editor, 'rectangle-marquee', corners, { alt: true })
    expect(bounds(editor)).toBeNull()
    expect(notice(editor)).toBe('No pixel is selected.')
    drag(editor, 'rectangle-marquee', corners)
    expect(notice(editor)).toBeUndefined()
  })
})

describe('strokes and moves', () => {
  it('are one step each, and undo gives the very same document back', () => {
    const editor = opened()
    const before = editor.store.getState().document
    for (const tool of ['brush', 'eraser', 'mask-brush', 'move'] as const) {
      drag(editor, tool, [
        { x: 20, y: 220 },
        { x: 60, y: 230 },
        { x: 70, y: 260 }
      ])
      expect(steps(editor)).toHaveLength(1)
      expect(editor.store.getState().document).not.toBe(before)
      editor.undo()
      expect(editor.store.getState().document).toBe(before)
    }
  })

  it('are refused with a reason on a hidden layer', () => {
    const editor = opened()
    editor.adjust((document) => ({
      ...document,
      layers: document.layers.map((layer) => ({ ...layer, visible: false }))
    }))
    drag(editor, 'brush', [{ x: 20, y: 220 }])
    expect(editor.store.getState().notice?.message).toBe('Layer “top” is hidden.')
    expect(steps(editor)).toEqual([])
  })

  it('the brush paints the mask while the mask is being edited', () => {
    const editor = opened()
    editor.adjust(activateLayer('top', 'mask'))
    const { pixels, mask } = editor.store.getState().document!.layers[2]!
    drag(editor, 'brush', [{ x: 20, y: 220 }])
    const after = editor.store.getState().document!.layers[2]!
    expect(after.pixels).toBe(pixels)
    expect(after.mask).not.toBe(mask)
  })
})

describe('the magic wand', () => {
  it('outside the canvas selects nothing', () => {
    const editor = opened()
    drag(editor, 'wand', [{ x: -1, y: 5 }])
    expect(bounds(editor)).toBeNull()
    drag(editor, 'wand', [{ x: 299.9, y: 0 }])
    expect(bounds(editor)).not.toBeNull()
  })
})

describe('the crop tool', () => {
  it('pulls edges out and in by its handles, and Enter applies as one step', () => {
    const editor = opened()
    editor.chooseTool('crop')
    drag(editor, 'crop', [
      { x: 300, y: 140 },
      { x: 350, y: 10 }
    ])
    drag(editor, 'crop', [
      { x: 0, y: 0 },
      { x: -20, y: 30 }
    ])
    expect(editor.store.getState().crop).toEqual({ x: -20, y: 30, width: 370, height: 250 })
    expect(steps(editor)).toEqual([])
    applyCrop(editor)
    expect(editor.store.getState().document?.canvas).toEqual({ width: 370, height: 250 })
    expect(steps(editor)).toEqual(['Extend canvas'])
    expect(editor.store.getState().crop).toEqual({ x: 0, y: 0, width: 370, height: 250 })
  })

  it('keeps at least one pixel, whichever edge is pulled across the other', () => {
    const frame = { x: 10, y: 10, width: 50, height: 40 }
    expect(pulled(frame, { x: -1, y: 0 }, { x: 999, y: 5 })).toEqual({ x: 59, y: 10, width: 1, height: 40 })
    expect(pulled(frame, { x: 1, y: 1 }, { x: -999, y: -999 })).toEqual({ x: 10, y: 10, width: 1, height: 1 })
  })

  it('finds all eight handles and nothing between or beyond them', () => {
    const frame = { x: 0, y: 0, width: 100, height: 80 }
    const view = { scale: 2, x: 7, y: 9 }
    const at = (x: number, y: number) => handleAt(frame, view, toScreen(view, { x, y }))
    expect(at(0, 0)).toEqual({ x: -1, y: -1 })
    expect(at(50, 80)).toEqual({ x: 0, y: 1 })
    expect(at(100, 40)).toEqual({ x: 1, y: 0 })
    expect(at(50, 40)).toBeNull()
    expect(at(50, 100)).toBeNull()
  })

  it('refuses a canvas that is too large, with the numbers, and keeps the document', () => {
    const editor = opened()
    editor.chooseTool('crop')
    editor.set({ crop: { x: 0, y: 0, width: 20_000, height: 10 } })
    applyCrop(editor)
    expect(editor.store.getState().notice?.message).toMatch(/20000 × 10 pixels.*16384/)
    expect(editor.store.getState().document?.canvas).toEqual({ width: 300, height: 280 })
  })
})

describe('keys of tools', () => {
  it('take a tool in hand, and walk through those that share a letter', () => {
    expect(toolForKey('b', 'move')?.name).toBe('brush')
    expect(toolForKey('m', 'brush')?.name).toBe('rectangle-marquee')
    expect(toolForKey('m', 'rectangle-marquee')?.name).toBe('ellipse-marquee')
    expect(toolForKey('m', 'ellipse-marquee')?.name).toBe('rectangle-marquee')
    expect(toolForKey('q', 'brush')).toBeNull()
  })
})
