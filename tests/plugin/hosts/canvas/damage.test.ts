import { expect, it } from 'vitest'
import { flatten } from '../../../../plugin/hosts/canvas/composite.ts'
import { eachDifference } from '../../../../plugin/hosts/canvas/damage.ts'
import type { CanvasDocument, Edit } from '../../../../plugin/hosts/canvas/document.ts'
import { areaOf, contains } from '../../../../plugin/hosts/canvas/geometry.ts'
import * as layers from '../../../../plugin/hosts/canvas/layer-edits.ts'
import { startStroke } from '../../../../plugin/hosts/canvas/tools/stroke.ts'
import type { Rect } from '../../../../bridge-server/protocol/geometry.ts'
import { noiseDocument, noiseLayer } from './pictures.ts'

const start = noiseDocument()
const dab: Edit = (document) => {
  const stroke = startStroke(document, { size: 9, hardness: 1, opacity: 1 }, { kind: 'mask', value: 0 })!
  stroke.line({ x: 20, y: 230 }, { x: 20, y: 230 })
  return stroke.finish()
}

const edits: Record<string, Edit> = {
  insert: layers.insertLayers([noiseLayer('new', { x: 270, y: 5, width: 9, height: 9 }, 1)]),
  remove: layers.removeLayer('middle'),
  reorder: layers.moveLayer('ground', 2),
  opacity: layers.changeLayer('top', { opacity: 0.3 }),
  hide: layers.changeLayer('middle', { visible: false }),
  blend: layers.changeLayer('top', { blend: 'screen' }),
  'mask away': layers.changeLayer('top', { mask: null }),
  move: layers.offsetLayer('middle', { x: -90, y: 30 }),
  'merge down': layers.mergeDown('middle'),
  'mask dab': dab
}

function areasOf(before: CanvasDocument, after: CanvasDocument): Rect[] {
  const areas: Rect[] = []
  eachDifference(before, after, (area) => areas.push(area))
  return areas
}

it.each(Object.entries(edits))(
  '%s, and its undo: every pixel that looks different is in an area told',
  (_, edit) => {
    const end = edit(start)
    const [before, after] = [
      flatten(start, areaOf(start.canvas)).data,
      flatten(end, areaOf(start.canvas)).data
    ]
    for (const areas of [areasOf(start, end), areasOf(end, start)]) {
      let missed = 0
      for (let at = 0; at < before.length; at += 4) {
        const isSame = [0, 1, 2, 3].every((channel) => before[at + channel] === after[at + channel])
        const point = { x: (at / 4) % 300, y: Math.floor(at / 4 / 300) }
        if (!isSame && !areas.some((area) => contains(area, point))) missed++
      }
      expect(missed).toBe(0)
    }
  }
)

it('a rename, another active layer and a dab cost no more than they touch', () => {
  expect(areasOf(start, layers.changeLayer('top', { name: 'other' })(start))).toEqual([])
  expect(areasOf(start, layers.activateLayer('ground')(start))).toEqual([])
  expect(areasOf(start, dab(start))).toHaveLength(1)
})
