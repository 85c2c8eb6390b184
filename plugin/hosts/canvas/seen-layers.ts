import type { Rect } from '#protocol/geometry.ts'
import type { HostControl } from '../host.ts'
import { compositeLayer } from './composite.ts'
import type { CanvasDocument } from './document.ts'
import type { Layer } from './layer.ts'

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

/** The ControlNets in use whose maps hold anything in `area`, the lowest first; hidden layers guide too. */
export function controlsIn({ layers }: CanvasDocument, area: Rect): readonly HostControl[] {
  return layers.filter(isGuide).flatMap((layer) => {
    const { model, weight, start, end, mode } = layer.role
    const data = new Uint8ClampedArray(area.width * area.height * 4)
    const target = { bytes: new Uint8Array(data.buffer), stride: area.width }
    compositeLayer({ ...layer, opacity: 1, blend: 'normal' }, area, target)
    if (model === null || !data.some((byte) => byte > 0)) return []
    return [{ model, weight, start, end, mode, pixels: { width: area.width, height: area.height, data } }]
  })
}
