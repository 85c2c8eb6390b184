import { describe, expect, it } from 'vitest'
import { createDocument, select, type CanvasDocument } from '../../../../plugin/hosts/canvas/document.ts'
import { areaOf } from '../../../../plugin/hosts/canvas/geometry.ts'
import { emptyLayer, layerFrom } from '../../../../plugin/hosts/canvas/layer.ts'
import { readPlane, tileKey } from '../../../../plugin/hosts/canvas/plane.ts'
import { rectangleMask } from '../../../../plugin/hosts/canvas/selection/shapes.ts'
import { startStroke, type Paint } from '../../../../plugin/hosts/canvas/tools/stroke.ts'
import { flatten } from '../../../../plugin/hosts/canvas/composite.ts'
import { digest, noiseImage, opaqueImage } from './pictures.ts'

const canvas = { width: 600, height: 300 }
const ground = layerFrom('ground', { name: 'ground', area: areaOf(canvas), pixels: opaqueImage(600, 300, 1) })
const document = createDocument({
  id: 'd',
  name: 'd',
  canvas,
  layers: [ground, emptyLayer('paint', 'paint')]
})
const brush = { size: 40, hardness: 0.5, opacity: 1 }
const red: Paint = { kind: 'colour', colour: [255, 0, 0] }
const from = { x: 100, y: 150 }
const to = { x: 400, y: 150 }

function painted(on: CanvasDocument, paint: Paint, options = brush): CanvasDocument {
  const stroke = startStroke(on, options, paint)!
  stroke.line(from, to)
  return stroke.finish()
}
const pixel = (on: CanvasDocument, x: number, y: number): number[] => [
  ...flatten(on, { x, y, width: 1, height: 1 }).data
]
const onGround: CanvasDocument = { ...document, activeLayerId: 'ground' }

describe('a brush stroke', () => {
  it('is the colour along its line and nothing beyond its tip', () => {
    const after = painted(document, red)
    expect(pixel(after, 250, 150)).toEqual([255, 0, 0, 255])
    expect(pixel(after, 250, 172)).toEqual(pixel(document, 250, 172))
    expect(pixel(after, 75, 150)).toEqual(pixel(document, 75, 150))
  })

  it('is the same whether the hand moved in one step or in many', () => {
    const stroke = startStroke(document, brush, red)!
    for (let x = from.x; x < to.x; x += 6) stroke.line({ x, y: 150 }, { x: x + 6, y: 150 })
    const area = areaOf(canvas)
    expect(digest(flatten(stroke.finish(), area).data)).toBe(
      digest(flatten(painted(document, red), area).data)
    )
  })

  it('does not build up where it crosses itself', () => {
    const half = { ...brush, opacity: 0.5 }
    const stroke = startStroke(document, half, red)!
    for (let times = 0; times < 5; times++) stroke.line(from, to)
    const area = areaOf(canvas)
    expect(digest(flatten(stroke.finish(), area).data)).toBe(
      digest(flatten(painted(document, red, half), area).data)
    )
  })

  it('tells the area it changed: nothing differs outside of it', () => {
    const stroke = startStroke(document, brush, red)!
    const area = stroke.line(from, to)!
    const inside = rectangleMask(area)
    const [before, after] = [
      flatten(document, areaOf(canvas)).data,
      flatten(stroke.finish(), areaOf(canvas)).data
    ]
    const selected = readPlane(inside, areaOf(canvas))
    let outside = 0
    for (let at = 0; at < after.length; at++)
      if (selected[at >> 2] === 0 && before[at] !== after[at]) outside++
    expect(outside).toBe(0)
  })

  it('tells no more than that: nothing where all is painted already, and of a step of a large tip the front alone', () => {
    const large = { ...brush, size: 120 }
    const stroke = startStroke(document, large, red)!
    const dab = stroke.line(from, from)!
    expect(dab).toMatchObject({ y: 150 - 60, height: 120 })
    expect(stroke.line(from, from)).toBeNull()
    const step = stroke.line(from, { x: from.x + 10, y: from.y })!
    expect(step.x).toBeGreaterThan(from.x - 1)
    expect(step.x + step.width).toBe(dab.x + dab.width + 10)
  })

  it('copies only the tiles under it', () => {
    const after = painted(onGround, red)
    const [old, now] = [ground.pixels.tiles, after.layers[0]!.pixels.tiles]
    const changed = [...old.keys()].filter((key) => old.get(key) !== now.get(key))
    expect(new Set(changed)).toEqual(new Set([tileKey(0, 0), tileKey(1, 0)]))
  })

  it('stays inside the selection, and is as soft as it', () => {
    const selected = select(rectangleMask({ x: 200, y: 0, width: 50, height: 300 }))(document)
    const after = painted(selected, red)
    expect(pixel(after, 199, 150)).toEqual(pixel(document, 199, 150))
    expect(pixel(after, 200, 150)).toEqual([255, 0, 0, 255])
    expect(pixel(after, 250, 150)).toEqual(pixel(document, 250, 150))
  })

  it('paints on a moved layer where the hand is', () => {
    const moved = {
      ...document,
      layers: [ground, { ...emptyLayer('paint', 'p'), offset: { x: 77, y: -33 } }]
    }
    const area = areaOf(canvas)
    expect(digest(flatten(painted(moved, red), area).data)).toBe(
      digest(flatten(painted(document, red), area).data)
    )
  })

  it('never writes into the document it began with', () => {
    const before = digest(flatten(onGround, areaOf(canvas)).data)
    painted(onGround, red)
    painted(onGround, { kind: 'erase' })
    expect(digest(flatten(onGround, areaOf(canvas)).data)).toBe(before)
  })

  it('leaves no tile behind where everything was erased', () => {
    const dot = { x: 20, y: 20, width: 10, height: 10 }
    const layer = layerFrom('dot', { name: 'dot', area: dot, pixels: noiseImage(10, 10, 3) })
    const stroke = startStroke({ ...document, layers: [layer], activeLayerId: 'dot' }, brush, {
      kind: 'erase'
    })!
    stroke.line({ x: 25, y: 25 }, { x: 25, y: 25 })
    expect(stroke.finish().layers[0]!.pixels.tiles.size).toBe(0)
  })

  it('needs an active layer', () => {
    expect(startStroke({ ...document, activeLayerId: null }, brush, red)).toBeNull()
  })
})

describe('the mask brush', () => {
  const area = { x: 80, y: 120, width: 340, height: 60 }
  const mask = { width: 340, height: 60, data: new Uint8Array(340 * 60) }
  const pixels = opaqueImage(340, 60, 5)
  const result = layerFrom('result', { name: 'result', area, pixels, mask })
  const masked = createDocument({ id: 'd', name: 'd', canvas, layers: [ground, result] })

  it('reveals pixels that the mask hid, and changes none of them', () => {
    const after = painted(masked, { kind: 'mask', value: 255 })
    expect(pixel(masked, 250, 150)).toEqual(pixel(onGround, 250, 150))
    const at = (30 * 340 + 170) * 4
    expect(pixel(after, 250, 150)).toEqual([...pixels.data.subarray(at, at + 4)])
    expect(after.layers[1]!.pixels).toBe(result.pixels)
  })

  it('hides again what it revealed: the picture is that of before', () => {
    const twice = painted(
      painted(masked, { kind: 'mask', value: 255 }, { ...brush, hardness: 1 }),
      { kind: 'mask', value: 0 },
      { ...brush, size: 60, hardness: 1 }
    )
    expect(digest(flatten(twice, areaOf(canvas)).data)).toBe(digest(flatten(masked, areaOf(canvas)).data))
  })

  it('gives a layer without mask one that shows everything else', () => {
    const after = painted(onGround, { kind: 'mask', value: 0 })
    expect(pixel(after, 250, 150)).toEqual([0, 0, 0, 0])
    expect(pixel(after, 500, 20)).toEqual(pixel(onGround, 500, 20))
  })
})
