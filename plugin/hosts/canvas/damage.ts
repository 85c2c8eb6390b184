import type { Rect } from '#protocol/geometry.ts'
import type { CanvasDocument } from './document.ts'
import { areaOf, shifted } from './geometry.ts'
import { layerReach, type Layer } from './layer.ts'
import { tileArea, type Plane } from './plane.ts'

/** Calls back with every document area whose look may differ between two states of a document. */
export function eachDifference(
  before: CanvasDocument,
  after: CanvasDocument,
  visit: (area: Rect) => void
): void {
  if (before.layers === after.layers) return
  const old = new Map(before.layers.map((layer) => [layer.id, layer]))
  const kept = new Map(after.layers.map((layer) => [layer.id, layer]))
  if (
    !sameOrder(
      before.layers.filter(({ id }) => kept.has(id)),
      after.layers.filter(({ id }) => old.has(id))
    )
  ) {
    visit(areaOf(after.canvas))
    return
  }
  for (const layer of before.layers) if (!kept.has(layer.id)) visitReach(layer, visit)
  for (const layer of after.layers) {
    const was = old.get(layer.id)
    if (was === undefined) visitReach(layer, visit)
    else if (was !== layer) visitLayerDifference(was, layer, visit)
  }
}

const sameOrder = (a: readonly Layer[], b: readonly Layer[]): boolean =>
  a.every(({ id }, at) => b[at]?.id === id)

function visitReach(layer: Layer, visit: (area: Rect) => void): void {
  const reach = layerReach(layer)
  if (reach !== null && layer.visible) visit(reach)
}

function visitLayerDifference(before: Layer, after: Layer, visit: (area: Rect) => void): void {
  if (!before.visible && !after.visible) return
  if (!samePlace(before, after)) {
    visitReach({ ...before, visible: true }, visit)
    visitReach({ ...after, visible: true }, visit)
    return
  }
  visitTiles(before.pixels, after.pixels, (area) => visit(shifted(area, after.offset)))
  if (before.mask !== null && after.mask !== null)
    visitTiles(before.mask.plane, after.mask.plane, (area) => visit(shifted(area, after.offset)))
}

/** Whether only tiles differ. */
function samePlace(before: Layer, after: Layer): boolean {
  return (
    before.offset.x === after.offset.x &&
    before.offset.y === after.offset.y &&
    before.opacity === after.opacity &&
    before.visible === after.visible &&
    before.blend === after.blend &&
    sameMask(before, after)
  )
}

function sameMask({ mask: before }: Layer, { mask: after }: Layer): boolean {
  if (before === null || after === null) return before === after
  return before.enabled === after.enabled && before.plane.fill === after.plane.fill
}

function visitTiles(before: Plane, after: Plane, visit: (area: Rect) => void): void {
  if (before === after) return
  for (const key of new Set([...before.tiles.keys(), ...after.tiles.keys()]))
    if (before.tiles.get(key) !== after.tiles.get(key)) visit(tileArea(key))
}
