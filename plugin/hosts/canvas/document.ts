import type { Rect, Size } from '#protocol/geometry.ts'
import { areaOf, movedPoint, type Point } from './geometry.ts'
import { toLayer, type Layer } from './layer.ts'
import { clipPlane, planeBounds, shiftPlane, type Plane } from './plane.ts'

/** What is open in the editor: a value. Every edit is a function that gives a new one and shares what it did not touch. */
export interface CanvasDocument {
  readonly id: string
  readonly name: string
  readonly canvas: Size
  /** Where the canvas' corner lies from where it was when the document was made; crops and extensions move it. */
  readonly origin: Point
  /** Bottom first. */
  readonly layers: readonly Layer[]
  readonly activeLayerId: string | null
  /** What brushes paint into: the active layer's pixels, or its mask. */
  readonly editing: 'pixels' | 'mask'
  /** 0 outside, 255 inside, on the canvas' grid and never beyond the canvas; null where nothing is selected. */
  readonly selection: Plane | null
}

export type Edit = (document: CanvasDocument) => CanvasDocument

/** A document with its top layer active. */
export function createDocument(from: {
  readonly id: string
  readonly name: string
  readonly canvas: Size
  readonly layers: readonly Layer[]
}): CanvasDocument {
  return {
    ...from,
    origin: { x: 0, y: 0 },
    activeLayerId: from.layers.at(-1)?.id ?? null,
    editing: 'pixels',
    selection: null
  }
}

export const activeLayer = (document: CanvasDocument): Layer | null =>
  document.layers.find(({ id }) => id === document.activeLayerId) ?? null

/** The selection's bounds, or null where nothing is selected. */
export const selectionBounds = ({ selection }: CanvasDocument): Rect | null =>
  selection === null ? null : planeBounds(selection)

/** Selects what `mask` holds inside the canvas; where that is nothing, nothing is selected. */
export function select(mask: Plane | null): Edit {
  return (document) => {
    if (mask === null) return document.selection === null ? document : { ...document, selection: null }
    const inside = clipPlane(mask, areaOf(document.canvas))
    return { ...document, selection: planeBounds(inside) === null ? null : inside }
  }
}

/**
 * Makes `area` (of this document) the whole canvas: outward it adds empty canvas, inward it takes away
 * the pixels beyond the new edges, so that a later extension finds them empty.
 */
export function cropCanvas(area: Rect): Edit {
  return (document) => {
    const by = { x: -area.x, y: -area.y }
    const layers = document.layers.map((layer) => ({
      ...layer,
      pixels: clipPlane(layer.pixels, toLayer(layer, area)),
      offset: movedPoint(layer.offset, by)
    }))
    const selection = document.selection === null ? null : shiftPlane(document.selection, by)
    const { width, height } = area
    const origin = movedPoint(document.origin, area)
    return select(selection)({ ...document, canvas: { width, height }, origin, layers })
  }
}
