import type { Rect } from '#protocol/geometry.ts'
import type { HostControl, MaskImage, RgbaImage } from '../host.ts'
import { compositeLayer } from './composite.ts'
import type { CanvasDocument } from './document.ts'
import { layerBounds, toLayer, type Layer } from './layer.ts'
import { readPlane } from './plane.ts'

/** The document without what the model does not see: excluded layers, and the maps of ControlNets. */
export const seenByModel = (document: CanvasDocument): CanvasDocument =>
  without(document, ({ role }) => role.kind !== 'picture')

/** The document as a picture: without the maps of ControlNets. */
export const pictured = (document: CanvasDocument): CanvasDocument =>
  without(document, ({ role }) => role.kind === 'control')

const without = (document: CanvasDocument, isOut: (layer: Layer) => boolean): CanvasDocument =>
  document.layers.some(isOut)
    ? { ...document, layers: document.layers.filter((layer) => !isOut(layer)) }
    : document

type Guide = Layer & { readonly role: Extract<Layer['role'], { readonly kind: 'control' }> }

const isGuide = (layer: Layer): layer is Guide =>
  layer.role.kind === 'control' && layer.role.isOn && layer.role.model !== null

export const controlCount = ({ layers }: CanvasDocument): number => layers.filter(isGuide).length

/**
 * The ControlNets in use whose maps hold anything in `area`, the lowest first; hidden layers guide too. A layer's mask says where
 * its map acts.
 */
export function controlsIn({ layers }: CanvasDocument, area: Rect): readonly HostControl[] {
  return layers.filter(isGuide).flatMap((layer) => {
    const { model, weight, start, end, mode, resize, mapKind } = layer.role
    const pixels = mapOf(layer, resize === null ? area : layerBounds(layer))
    const mask = maskOf(layer, area)
    if (model === null || pixels === null || mask === nowhere) return []
    return [
      {
        ...{ model, weight, start, end, mode, pixels },
        ...(resize === null ? {} : { resize }),
        ...(mapKind === null ? {} : { kind: mapKind }),
        ...(mask === everywhere ? {} : { mask })
      }
    ]
  })
}

/** A layer's own pixels, or null where there are none. */
function mapOf(layer: Layer, area: Rect | null): RgbaImage | null {
  if (area === null) return null
  const data = new Uint8ClampedArray(area.width * area.height * 4)
  const target = { bytes: new Uint8Array(data.buffer), stride: area.width }
  compositeLayer({ ...layer, mask: null, opacity: 1, blend: 'normal' }, area, target)
  return data.some((byte) => byte > 0) ? { width: area.width, height: area.height, data } : null
}

const everywhere = 'everywhere'
const nowhere = 'nowhere'

function maskOf(layer: Layer, area: Rect): MaskImage | typeof everywhere | typeof nowhere {
  if (layer.mask?.enabled !== true) return everywhere
  const data = readPlane(layer.mask.plane, toLayer(layer, area))
  if (data.every((value) => value === 255)) return everywhere
  if (data.every((value) => value === 0)) return nowhere
  return { width: area.width, height: area.height, data }
}
