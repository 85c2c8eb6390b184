import { describe, expect, it } from 'vitest'
import { flatten } from '../../../../plugin/hosts/canvas/composite.ts'
import {
  activeLayer,
  cropCanvas,
  select,
  type CanvasDocument,
  type Edit
} from '../../../../plugin/hosts/canvas/document.ts'
import { createEditor } from '../../../../plugin/hosts/canvas/editor.ts'
import { areaOf } from '../../../../plugin/hosts/canvas/geometry.ts'
import * as layers from '../../../../plugin/hosts/canvas/layer-edits.ts'
import { controlRole } from '../../../../plugin/hosts/canvas/layer-role.ts'
import { layerBounds } from '../../../../plugin/hosts/canvas/layer.ts'
import { clearSelected, copySelected } from '../../../../plugin/hosts/canvas/pixel-edits.ts'
import { planeBounds, readPlane } from '../../../../plugin/hosts/canvas/plane.ts'
import { featherSelection } from '../../../../plugin/hosts/canvas/selection/feather.ts'
import {
  invertSelection,
  selectAll,
  selectEmpty,
  selectWith
} from '../../../../plugin/hosts/canvas/selection/selection.ts'
import { rectangleMask } from '../../../../plugin/hosts/canvas/selection/shapes.ts'
import { startStroke, type Paint } from '../../../../plugin/hosts/canvas/tools/stroke.ts'
import { digest, noiseDocument, noiseLayer } from './pictures.ts'

const area = { x: -10, y: 190, width: 90, height: 60 }
const selected = (document: CanvasDocument): CanvasDocument => select(rectangleMask(area))(document)
const start = selected(noiseDocument())

const stroke =
  (paint: Paint): Edit =>
  (document) => {
    const made = startStroke(document, { size: 30, hardness: 0.5, opacity: 0.8 }, paint)
    made?.line({ x: 10, y: 210 }, { x: 280, y: 260 })
    return made?.finish() ?? document
  }

const edits: Record<string, Edit> = {
  insert: layers.insertLayers([noiseLayer('new', area, 1)]),
  remove: layers.removeLayer('top'),
  duplicate: layers.duplicateLayer('middle', 'copy'),
  reorder: layers.moveLayer('ground', 2),
  rename: layers.changeLayer('top', { name: 'other' }),
  opacity: layers.changeLayer('top', { opacity: 0.3 }),
  visibility: layers.changeLayer('top', { visible: false }),
  blend: layers.changeLayer('top', { blend: 'screen' }),
  'mask away': layers.changeLayer('top', { mask: null }),
  'mask from selection': (document) => layers.addMask(layers.activateLayer('ground')(document)),
  move: layers.offsetLayer('top', { x: -7, y: 300 }),
  'merge down': layers.mergeDown('top'),
  clear: clearSelected,
  'layer by copy': copySelected('copy'),
  crop: cropCanvas({ x: 20, y: 30, width: 200, height: 190 }),
  extend: cropCanvas({ x: -50, y: -60, width: 500, height: 400 }),
  deselect: select(null),
  'select all': selectAll,
  invert: invertSelection,
  'select empty': selectEmpty,
  feather: featherSelection(5),
  subtract: selectWith(rectangleMask({ x: 0, y: 200, width: 20, height: 20 }), 'subtract'),
  brush: stroke({ kind: 'colour', colour: [200, 10, 60] }),
  erase: stroke({ kind: 'erase' }),
  'mask brush': stroke({ kind: 'mask', value: 255 })
}

const look = (document: CanvasDocument): string => digest(flatten(document, areaOf(document.canvas)).data)

describe('every edit', () => {
  it.each(Object.entries(edits))(
    '%s: undo gives the same document back, redo the edited one',
    (name, edit) => {
      const editor = createEditor()
      editor.open(start)
      const before = look(start)
      editor.apply(name, edit)
      const edited = editor.store.getState().document!
      expect(edited).not.toBe(start)
      const after = look(edited)
      editor.undo()
      expect(editor.store.getState().document).toBe(start)
      // The value is the same one; that its bytes are untouched is another question.
      expect(look(start)).toBe(before)
      editor.redo()
      expect(editor.store.getState().document).toBe(edited)
      expect(look(edited)).toBe(after)
    }
  )
})

describe('crop and extend', () => {
  const outward = { x: -40, y: -30, width: 400, height: 350 }
  const back = { x: 40, y: 30, width: 300, height: 280 }

  it('extending and cropping back gives the same picture and selection', () => {
    const roundtrip = cropCanvas(back)(cropCanvas(outward)(start))
    expect(roundtrip.canvas).toEqual(start.canvas)
    expect(look(roundtrip)).toBe(look(start))
    expect(digest(readPlane(roundtrip.selection!, areaOf(start.canvas)))).toBe(
      digest(readPlane(start.selection!, areaOf(start.canvas)))
    )
  })

  it('extending leaves the old pixels where they were and the new canvas empty, even after an inward crop', () => {
    const cropped = cropCanvas({ x: 100, y: 0, width: 200, height: 280 })(start)
    const extended = cropCanvas({ x: -100, y: 0, width: 300, height: 280 })(cropped)
    const margin = flatten(extended, { x: 0, y: 0, width: 100, height: 280 })
    expect(margin.data.every((byte) => byte === 0)).toBe(true)
    const right = { x: 100, y: 0, width: 200, height: 280 }
    expect(digest(flatten(extended, right).data)).toBe(digest(flatten(start, right).data))
  })
})

describe('layers', () => {
  it('go above the active one, in order, and the topmost becomes active', () => {
    const [a, b] = [noiseLayer('a', area, 1), noiseLayer('b', area, 2)]
    const document = layers.insertLayers([a, b])(layers.activateLayer('ground')(start))
    expect(document.layers.map(({ id }) => id)).toEqual(['ground', 'a', 'b', 'middle', 'top'])
    expect(document.activeLayerId).toBe('b')
  })

  it('merging down looks the same where the lower layer is normal', () => {
    const merged = layers.mergeDown('top')(layers.mergeDown('middle')(start))
    expect(merged.layers.map(({ id }) => id)).toEqual(['ground'])
    expect(look(merged)).toBe(look(start))
  })

  it('what the model is not to see is merged with nothing that it sees, and a map with nothing', () => {
    const excluded = layers.changeLayer('top', { role: { kind: 'excluded' } })(start)
    expect(layers.canMergeDown(start, 'top')).toBe(true)
    expect(layers.canMergeDown(start, 'ground')).toBe(false)
    expect(layers.canMergeDown(excluded, 'top')).toBe(false)
    expect(layers.mergeDown('top')(excluded)).toBe(excluded)
    const both = layers.changeLayer('middle', { role: { kind: 'excluded' } })(excluded)
    expect(
      layers
        .mergeDown('top')(both)
        .layers.map(({ role }) => role.kind)
    ).toEqual(['picture', 'excluded'])
    const map = controlRole(null)
    const maps = layers.changeLayer('top', { role: map })(layers.changeLayer('middle', { role: map })(start))
    expect(layers.mergeDown('top')(maps)).toBe(maps)
  })

  it('moving a layer there and back changes no byte', () => {
    const there = layers.offsetLayer('top', { x: 13, y: -400 })(start)
    expect(look(layers.offsetLayer('top', { x: -13, y: 400 })(there))).toBe(look(start))
  })

  it('a removed active layer hands over to the one below, the lowest to the one above, the last to none', () => {
    const two = layers.removeLayer('top')(start)
    expect(two.activeLayerId).toBe('middle')
    const one = layers.removeLayer('ground')(layers.activateLayer('ground')(two))
    expect(one.activeLayerId).toBe('middle')
    expect(activeLayer(layers.removeLayer('middle')(one))).toBeNull()
  })

  it('a mask made from the selection hides what is outside it and keeps the pixels', () => {
    const masked = layers.addMask(layers.activateLayer('ground')(start))
    const ground = activeLayer(masked)!
    expect(planeBounds(ground.mask!.plane)).toEqual(planeBounds(start.selection!))
    expect(ground.pixels).toBe(start.layers[0]!.pixels)
    expect(masked.editing).toBe('mask')
  })

  it('cutting and copying the selected part share it out', () => {
    const ground = layers.activateLayer('ground')(start)
    const copy = activeLayer(copySelected('copy')(ground))!
    expect(layerBounds(copy)).toEqual({ x: 0, y: 190, width: 80, height: 60 })
    const both = layers.insertLayers([copy])(clearSelected(ground))
    expect(look(both)).toBe(look(ground))
  })
})
