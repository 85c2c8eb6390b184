import type { Rect } from '#protocol/geometry.ts'
import { scaleByte } from './blend.ts'
import { activeLayer, type CanvasDocument, type Edit } from './document.ts'
import { intersection } from './geometry.ts'
import { insertLayers, replaceLayer } from './layer-edits.ts'
import { layerReach, toLayer, type Layer } from './layer.ts'
import { editTiles, planeBounds, readPlane, tileArea, tileSize, type Plane } from './plane.ts'

/** Takes the selected part of the active layer's pixels away, softly where the selection is soft; or hides it in its mask. */
export const clearSelected: Edit = (document) => {
  const layer = activeLayer(document)
  if (layer === null || document.selection === null) return document
  return scaleSelected(document, layer, (value, selected) => scaleByte(value, 255 - selected))
}

/** A new layer from the selected part of the active one, above it. */
export function copySelected(id: string): Edit {
  return (document) => {
    const layer = activeLayer(document)
    const reach = layer === null ? null : layerReach(layer)
    if (layer === null || reach === null || document.selection === null) return document
    const selected = layerSelection(document.selection, layer)
    const pixels = scaleAlpha(layer.pixels, selected, toLayer(layer, reach), scaleByte)
    return insertLayers([{ ...layer, id, name: `${layer.name} copy`, pixels }])(document)
  }
}

type Scale = (value: number, selected: number) => number

function scaleSelected(document: CanvasDocument, layer: Layer, scale: Scale): CanvasDocument {
  const bounds = document.selection === null ? null : planeBounds(document.selection)
  if (bounds === null || document.selection === null) return document
  const selected = layerSelection(document.selection, layer)
  const { mask } = layer
  if (document.editing === 'mask' && mask !== null) {
    const plane = scaleAlpha(mask.plane, selected, toLayer(layer, bounds), scale)
    return replaceLayer(document, layer.id, (each) => ({ ...each, mask: { ...mask, plane } }))
  }
  const reach = layerReach(layer)
  const inside = reach === null ? null : intersection(reach, bounds)
  if (inside === null) return document
  const pixels = scaleAlpha(layer.pixels, selected, toLayer(layer, inside), scale)
  return replaceLayer(document, layer.id, (each) => ({ ...each, pixels }))
}

/** How much is selected of a tile's pixels, in reading order. */
type Selected = (key: number) => Uint8Array

const layerSelection =
  (selection: Plane, { offset }: Layer): Selected =>
  (key) => {
    const area = tileArea(key)
    return readPlane(selection, { ...area, x: area.x + offset.x, y: area.y + offset.y })
  }

function scaleAlpha(plane: Plane, selected: Selected, area: Rect, scale: Scale): Plane {
  const { channels } = plane
  return editTiles(plane, area, (tile, _, key) => {
    const mask = selected(key)
    for (let at = 0; at < tileSize * tileSize; at++) {
      const byte = at * channels + channels - 1
      tile[byte] = scale(tile[byte]!, mask[at]!)
    }
    if (channels === 4) clearColours(tile)
  })
}

/** Nothing has no colour: a tile that became empty then takes no memory. */
function clearColours(tile: Uint8Array): void {
  for (let at = 0; at < tile.length; at += 4) if (tile[at + 3] === 0) tile.fill(0, at, at + 4)
}
