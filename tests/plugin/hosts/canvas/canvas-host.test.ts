import { expect, it } from 'vitest'
import { createCanvasHost } from '../../../../plugin/hosts/canvas/canvas-host.ts'
import { createDocument, cropCanvas, select } from '../../../../plugin/hosts/canvas/document.ts'
import { createEditor, type Editor } from '../../../../plugin/hosts/canvas/editor.ts'
import { areaOf } from '../../../../plugin/hosts/canvas/geometry.ts'
import { activateLayer, changeLayer, insertLayers } from '../../../../plugin/hosts/canvas/layer-edits.ts'
import { controlRole } from '../../../../plugin/hosts/canvas/layer-role.ts'
import { layerFrom } from '../../../../plugin/hosts/canvas/layer.ts'
import { emptyPlane, writePlane } from '../../../../plugin/hosts/canvas/plane.ts'
import { rectangleMask } from '../../../../plugin/hosts/canvas/selection/shapes.ts'
import { maxPixels } from '../../../../bridge-server/protocol/pixels.ts'
import { inOneBand, joined } from '../../../../plugin/hosts/bands.ts'
import type { RgbaImage } from '../../../../plugin/hosts/host.ts'
import { describeHost } from '../host-contract.ts'
import { noiseDocument, opaqueImage } from './pictures.ts'

function openPicture(editor: Editor, pixels: RgbaImage): void {
  const canvas = { width: pixels.width, height: pixels.height }
  const ground = layerFrom(editor.newId(), { name: 'Background', area: areaOf(canvas), pixels })
  editor.open(createDocument({ id: editor.newId(), name: 'Picture', canvas, layers: [ground] }))
}

describeHost('The canvas', () => {
  const editor = createEditor()
  return {
    host: createCanvasHost(editor),
    open: (picture) => openPicture(editor, picture),
    close: () => editor.close(),
    select: (area) => editor.apply('Select', select(area === null ? null : rectangleMask(area))),
    extend: (by) => {
      const { width, height } = editor.store.getState().document!.canvas
      editor.apply('Extend', cropCanvas({ x: 0, y: 0, width: width + by, height }))
    },
    undo: () => editor.undo()
  }
})

it('puts layers above the active one, named as asked, and makes the topmost active', async () => {
  const editor = createEditor()
  editor.open(noiseDocument())
  editor.adjust(activateLayer('ground'))
  const area = { x: 0, y: 0, width: 4, height: 4 }
  const layers = ['one', 'two'].map((name) => ({ name, area, pixels: inOneBand(opaqueImage(4, 4, 1)) }))
  await createCanvasHost(editor).insertLayers('document', layers)
  const { document, history } = editor.store.getState()
  expect(document?.layers.map(({ name }) => name)).toEqual(['ground', 'one', 'two', 'middle', 'top'])
  expect(document?.activeLayerId).toBe(document?.layers[2]?.id)
  expect(history.past).toHaveLength(1)
})

it('opens what a server can make, and says of what is larger that it cannot', () => {
  const host = createCanvasHost(createEditor())
  const width = 8192
  expect(host.openProblem?.({ width, height: maxPixels / width })).toBeNull()
  expect(host.openProblem?.({ width, height: maxPixels / width + 1 })).toContain('8192 × 16385 pixels')
  expect(host.openProblem?.({ width: 16_385, height: 1 })).toContain('16384')
})

it('refuses a layer whose picture has another size than its area', async () => {
  const editor = createEditor()
  editor.open(noiseDocument())
  const pixels = inOneBand(opaqueImage(4, 4, 1))
  const layer = { name: 'askew', area: { x: 0, y: 0, width: 4, height: 5 }, pixels }
  await expect(createCanvasHost(editor).insertLayers('document', [layer])).rejects.toThrow(/4 × 5.*4 × 4/)
  expect(editor.store.getState().history.past).toHaveLength(0)
})

it('does not call its watchers when only another layer becomes active', () => {
  const editor = createEditor()
  editor.open(noiseDocument())
  let calls = 0
  createCanvasHost(editor).watch(() => calls++)
  editor.adjust(activateLayer('ground'))
  expect(calls).toBe(0)
})

it('tells by its origin where the canvas lies, through crops, extensions and undo', async () => {
  const editor = createEditor()
  editor.open(noiseDocument())
  const host = createCanvasHost(editor)
  const origin = async () => (await host.document())?.origin
  expect(await origin()).toEqual({ x: 0, y: 0 })
  editor.apply('Crop', cropCanvas({ x: 20, y: 30, width: 100, height: 90 }))
  editor.apply('Extend', cropCanvas({ x: -50, y: -5, width: 300, height: 300 }))
  expect(await origin()).toEqual({ x: -30, y: 25 })
  editor.undo()
  expect(await origin()).toEqual({ x: 20, y: 30 })
})

it('keeps excluded layers and maps from the model; a map guides while it is on and has a ControlNet', async () => {
  const editor = createEditor()
  const host = createCanvasHost(editor)
  openPicture(editor, opaqueImage(8, 8, 1))
  const area = { x: 0, y: 0, width: 8, height: 8 }
  const before = joined(await host.flatten(area)).data
  const id = (await host.document())!.id
  await host.insertLayers(id, [{ name: 'over', area, pixels: inOneBand(opaqueImage(8, 8, 2)) }])
  const over = editor.store.getState().document!.layers.at(-1)!.id
  expect(joined(await host.flatten(area)).data).not.toEqual(before)
  expect(await host.controls(area)).toEqual([])

  editor.apply('Exclude', changeLayer(over, { role: { kind: 'excluded' } }))
  expect(joined(await host.flatten(area)).data).toEqual(before)
  editor.apply('Control', changeLayer(over, { role: controlRole(null), visible: false }))
  expect(await host.controls(area)).toEqual([])
  editor.apply('Control', changeLayer(over, { role: controlRole('canny') }))
  expect(joined(await host.flatten(area)).data).toEqual(before)
  expect(await host.controls(area)).toMatchObject([
    { model: 'canny', weight: 1, start: 0, end: 1, mode: 'balanced', pixels: opaqueImage(8, 8, 2) }
  ])
  expect((await host.document())?.controls).toBe(1)
  expect(await host.controls({ x: 20, y: 20, width: 4, height: 4 })).toEqual([])
  editor.undo()
  editor.undo()
  editor.undo()
  expect(joined(await host.flatten(area)).data).not.toEqual(before)
})

it('gives a map whole and its layer mask beside it, which says where it acts; or fitted, all of the layer', async () => {
  const editor = createEditor()
  const host = createCanvasHost(editor)
  openPicture(editor, opaqueImage(8, 8, 1))
  const pixels = opaqueImage(4, 4, 2)
  const map = layerFrom('map', { name: 'map', area: { x: 4, y: 0, width: 4, height: 4 }, pixels })
  const half = writePlane(emptyPlane(1), { x: 0, y: 0, width: 2, height: 4 }, new Uint8Array(8).fill(255))
  const role = { ...controlRole('canny'), weight: 0.5 }
  editor.apply('Map', insertLayers([{ ...map, role, mask: { plane: half, enabled: true } }]))

  const [inArea] = await host.controls({ x: 4, y: 0, width: 4, height: 4 })
  expect(inArea?.pixels).toEqual(pixels)
  expect([...(inArea?.mask?.data.subarray(0, 4) ?? [])]).toEqual([255, 255, 0, 0])
  expect(await host.controls({ x: 6, y: 0, width: 2, height: 8 })).toEqual([])

  editor.apply('Fit', changeLayer('map', { role: { ...role, resize: 'pad', mapKind: 'lines' }, mask: null }))
  expect(await host.controls({ x: 0, y: 0, width: 8, height: 8 })).toEqual([
    { model: 'canny', weight: 0.5, start: 0, end: 1, mode: 'balanced', resize: 'pad', kind: 'lines', pixels }
  ])
})
