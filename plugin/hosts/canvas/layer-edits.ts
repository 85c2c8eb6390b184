import type { BlendMode } from './blend.ts'
import { compositeLayer } from './composite.ts'
import { activeLayer, type CanvasDocument, type Edit } from './document.ts'
import { movedPoint, type Point } from './geometry.ts'
import type { LayerRole } from './layer-role.ts'
import { mergedMaking } from './making.ts'
import { jointReach, toLayer, type Layer, type LayerMask } from './layer.ts'
import { emptyPlane, shiftPlane, writePlane } from './plane.ts'

/** Adds layers above the active one, the first lowest, and makes the topmost of them active. */
export function insertLayers(layers: readonly Layer[]): Edit {
  return (document) => {
    const top = layers.at(-1)
    if (top === undefined) return document
    const at = activeIndex(document) + 1
    const all = [...document.layers.slice(0, at), ...layers, ...document.layers.slice(at)]
    return { ...document, layers: all, activeLayerId: top.id, editing: 'pixels' }
  }
}

/** Where nothing is active, new layers go on top. */
function activeIndex({ layers, activeLayerId }: CanvasDocument): number {
  const index = layers.findIndex(({ id }) => id === activeLayerId)
  return index < 0 ? layers.length - 1 : index
}

/** Takes a layer away; the one below it (or else above) becomes active if it was. */
export function removeLayer(id: string): Edit {
  return (document) => {
    const index = document.layers.findIndex((layer) => layer.id === id)
    if (index < 0) return document
    const layers = document.layers.filter((layer) => layer.id !== id)
    if (document.activeLayerId !== id) return { ...document, layers }
    return {
      ...document,
      layers,
      activeLayerId: layers[Math.max(0, index - 1)]?.id ?? null,
      editing: 'pixels'
    }
  }
}

/** Puts a copy above the layer and makes it active. */
export function duplicateLayer(id: string, copyId: string): Edit {
  return (document) => {
    const layer = document.layers.find((each) => each.id === id)
    if (layer === undefined) return document
    return insertLayers([{ ...layer, id: copyId, name: `${layer.name} copy` }])({
      ...document,
      activeLayerId: id
    })
  }
}

/** Moves a layer to a place in the stack, 0 the bottom; places beyond the stack are its ends. */
export function moveLayer(id: string, place: number): Edit {
  return (document) => {
    const layer = document.layers.find((each) => each.id === id)
    if (layer === undefined) return document
    const others = document.layers.filter((each) => each.id !== id)
    const at = Math.max(0, Math.min(place, others.length))
    if (document.layers[at]?.id === id) return document
    return { ...document, layers: [...others.slice(0, at), layer, ...others.slice(at)] }
  }
}

export interface LayerChange {
  readonly name?: string
  readonly opacity?: number
  readonly visible?: boolean
  readonly blend?: BlendMode
  readonly mask?: LayerMask | null
  readonly role?: LayerRole
}

/** Sets properties of a layer. Without its mask, a layer is edited by its pixels. */
export function changeLayer(id: string, change: LayerChange): Edit {
  return (document) => {
    const editing = change.mask === null && id === document.activeLayerId ? 'pixels' : document.editing
    return { ...replaceLayer(document, id, (layer) => ({ ...layer, ...change })), editing }
  }
}

/** Moves a layer with its mask by whole pixels. */
export function offsetLayer(id: string, by: Point): Edit {
  return (document) =>
    replaceLayer(document, id, (layer) => ({ ...layer, offset: movedPoint(layer.offset, by) }))
}

export function replaceLayer(
  document: CanvasDocument,
  id: string,
  edit: (layer: Layer) => Layer
): CanvasDocument {
  return { ...document, layers: document.layers.map((layer) => (layer.id === id ? edit(layer) : layer)) }
}

/** Makes a layer active, and says whether brushes paint into its pixels or its mask (if it has one). */
export function activateLayer(id: string, editing: 'pixels' | 'mask' = 'pixels'): Edit {
  return (document) => {
    const layer = document.layers.find((each) => each.id === id)
    if (layer === undefined) return document
    const next = layer.mask === null ? 'pixels' : editing
    if (document.activeLayerId === id && document.editing === next) return document
    return { ...document, activeLayerId: id, editing: next }
  }
}

/**
 * Two layers become one only where they are the same to the model: what it is not to see would else become part of what it
 * sees. Maps stay alone.
 */
const isMergeable = (upper: Layer, lower: Layer): boolean =>
  upper.role.kind === lower.role.kind && upper.role.kind !== 'control'

/** Whether `mergeDown` would do anything. */
export function canMergeDown({ layers }: CanvasDocument, id: string): boolean {
  const [lower, upper] = pairOf(layers, id)
  return upper !== undefined && lower !== undefined && isMergeable(upper, lower)
}

/** The layer below one, and the one. */
function pairOf(layers: readonly Layer[], id: string): readonly [Layer | undefined, Layer | undefined] {
  const index = layers.findIndex((layer) => layer.id === id)
  return [layers[index - 1], layers[index]]
}

/**
 * Merges a layer into the one below. The lower layer's mask and opacity go into its pixels; its name, place and blend
 * mode stay. Nothing changes to the eye where the lower layer is normal, nor at all where
 * `canMergeDown` says no.
 */
export function mergeDown(id: string): Edit {
  return (document) => {
    const [lower, upper] = pairOf(document.layers, id)
    if (upper === undefined || lower === undefined || !isMergeable(upper, lower)) return document
    const merged = mergedLayer(lower, upper)
    const layers = document.layers.filter((layer) => layer !== upper)
    return {
      ...document,
      layers: layers.map((layer) => (layer === lower ? merged : layer)),
      activeLayerId: lower.id,
      editing: 'pixels'
    }
  }
}

function mergedLayer(lower: Layer, upper: Layer): Layer {
  const area = jointReach(lower, upper)
  const plain = {
    ...{ ...lower, pixels: emptyPlane(4), mask: null, opacity: 1 },
    made: mergedMaking(lower, upper)
  }
  if (area === null) return plain
  const bytes = new Uint8Array(area.width * area.height * 4)
  const target = { bytes, stride: area.width }
  compositeLayer({ ...lower, blend: 'normal' }, area, target)
  if (upper.visible) compositeLayer(upper, area, target)
  return { ...plain, pixels: writePlane(emptyPlane(4), toLayer(plain, area), bytes) }
}

/** Gives the active layer a mask that shows the selection, or everything where nothing is selected. */
export const addMask: Edit = (document) => {
  const layer = activeLayer(document)
  if (layer === null) return document
  const plane = document.selection === null ? emptyPlane(1, 255) : selectionOn(layer, document.selection)
  return { ...changeLayer(layer.id, { mask: { plane, enabled: true } })(document), editing: 'mask' }
}

const selectionOn = (layer: Layer, selection: LayerMask['plane']): LayerMask['plane'] =>
  shiftPlane(selection, { x: -layer.offset.x, y: -layer.offset.y })
