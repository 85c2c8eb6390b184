import type { Rect } from '#protocol/geometry.ts'
import type { Making, NewLayer, RgbaImage } from '../host.ts'
import type { BlendMode } from './blend.ts'
import { areaOf, shifted, union, type Point } from './geometry.ts'
import { pictureRole, type LayerRole } from './layer-role.ts'
import { emptyPlane, planeBounds, tiledBounds, writePlane, type Plane } from './plane.ts'

/** Shows (255) or hides (0) a layer's pixels; moves with them. Never changes them. */
export interface LayerMask {
  readonly plane: Plane
  readonly enabled: boolean
}

/** Pixels of a document, on their own grid: layer pixel (0, 0) lies at document pixel `offset`. */
export interface Layer {
  readonly id: string
  readonly name: string
  readonly offset: Point
  /** Straight RGBA. */
  readonly pixels: Plane
  readonly mask: LayerMask | null
  /** 0…1. */
  readonly opacity: number
  readonly visible: boolean
  readonly blend: BlendMode
  readonly role: LayerRole
  /** Null: no model had part in it. */
  readonly made: Making | null
}

export const emptyLayer = (id: string, name: string): Layer => ({
  id,
  name,
  offset: { x: 0, y: 0 },
  pixels: emptyPlane(4),
  mask: null,
  opacity: 1,
  visible: true,
  blend: 'normal',
  role: pictureRole,
  made: null
})

type Picture = Omit<NewLayer, 'pixels'> & { readonly pixels: RgbaImage }

/** A layer as a host's user asks for it. Outside the given mask nothing shows. */
export function layerFrom(id: string, { name, area, pixels, mask, made }: Picture): Layer {
  const inside = areaOf(area)
  return {
    ...emptyLayer(id, name),
    offset: { x: area.x, y: area.y },
    made: made ?? null,
    pixels: writePlane(emptyPlane(4), inside, pixels.data),
    mask: mask === undefined ? null : { enabled: true, plane: writePlane(emptyPlane(1), inside, mask.data) }
  }
}

/** The document area in which a change of this layer can show; up to a tile too wide, quick to tell. */
export function layerReach(layer: Layer): Rect | null {
  const bounds = tiledBounds(layer.pixels)
  return bounds === null ? null : shifted(bounds, layer.offset)
}

/** The exact bounds of the layer's pixels in the document, its mask left aside. */
export function layerBounds(layer: Layer): Rect | null {
  const bounds = planeBounds(layer.pixels)
  return bounds === null ? null : shifted(bounds, layer.offset)
}

/** The layer area that both layers' pixels cover together, in the document. */
export const jointReach = (a: Layer, b: Layer): Rect | null => union(layerReach(a), layerReach(b))

/** A document area on the layer's own grid. */
export const toLayer = (layer: Layer, area: Rect): Rect =>
  shifted(area, { x: -layer.offset.x, y: -layer.offset.y })
