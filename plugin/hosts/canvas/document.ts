import type { Rect, Size } from '#protocol/geometry.ts'
import { areaOf, holds, intersection, movedPoint, sameArea, shifted, type Point } from './geometry.ts'
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
  /** What the model is to see, inside the canvas; null: the panel chooses. */
  readonly area: Rect | null
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
    selection: null,
    area: null
  }
}

export const activeLayer = (document: CanvasDocument): Layer | null =>
  document.layers.find(({ id }) => id === document.activeLayerId) ?? null

/** The selection's bounds, or null where nothing is selected. */
export const selectionBounds = ({ selection }: CanvasDocument): Rect | null =>
  selection === null ? null : planeBounds(selection)

/**
 * Selects what `mask` holds inside the canvas; where that is nothing, nothing is selected. An area that a person chose was for what
 * is in it: a selection that reaches out of it, or none, brings the automatic one back.
 */
export function select(mask: Plane | null): Edit {
  return (document) => {
    if (mask === null)
      return document.selection === null ? document : { ...document, selection: null, area: null }
    const inside = clipPlane(mask, areaOf(document.canvas))
    const bounds = planeBounds(inside)
    const { area } = document
    return {
      ...document,
      selection: bounds === null ? null : inside,
      area: area !== null && bounds !== null && holds(area, bounds) ? area : null
    }
  }
}

/** Chooses what the model sees, as far as it lies on the canvas; null leaves that to the panel. */
export function chooseArea(area: Rect | null): Edit {
  return (document) => {
    const next = area === null ? null : intersection(area, areaOf(document.canvas))
    const { area: before } = document
    const isSame = next === null || before === null ? next === before : sameArea(next, before)
    return isSame ? document : { ...document, area: next }
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
    const selection =
      document.selection === null ? null : clipPlane(shiftPlane(document.selection, by), areaOf(area))
    const { width, height } = area
    return {
      ...document,
      ...{ canvas: { width, height }, layers },
      origin: movedPoint(document.origin, area),
      selection: selection === null || planeBounds(selection) === null ? null : selection,
      area: document.area === null ? null : intersection(shifted(document.area, by), areaOf(area))
    }
  }
}
