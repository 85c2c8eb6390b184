import type { Rect } from '../../../bridge-server/protocol/geometry.ts'
import type { Bounds } from '../../../plugin/hosts/photoshop/photoshop-api.ts'
import { findLayer, intersection, type LayerState } from './document-state.ts'
import { onlyKeys, SimUnsupported } from './strict.ts'
import { canvasOf, channelsOf, type SimDocument, type World } from './world.ts'

// What the calls of imaging take, and how what is wrong with it is refused.

/** Photoshop died; nothing may go on as if it had not. */
export class PhotoshopCrashed extends Error {}

export interface Asked {
  readonly sourceBounds: Bounds
  readonly colorProfile?: string
  readonly componentSize?: number
}

export const boundsOf = ({ x, y, width, height }: Rect): Bounds => ({
  left: x,
  top: y,
  right: x + width,
  bottom: y + height
})

export function regionOf(bounds: Bounds): Rect {
  onlyKeys('sourceBounds', bounds, ['left', 'top', 'right', 'bottom'])
  const { left, top, right, bottom } = bounds
  if (![left, top, right, bottom].every(Number.isInteger)) throw new SimUnsupported('bounds of broken pixels')
  if (right <= left || bottom <= top) throw new Error('sourceBounds are empty')
  return { x: left, y: top, width: right - left, height: bottom - top }
}

export function insideCanvas(document: SimDocument, bounds: Bounds): Rect {
  const asked = regionOf(bounds)
  const inside = intersection(asked, canvasOf(document))
  if (inside === null || inside.width < asked.width || inside.height < asked.height)
    throw new SimUnsupported('mask or selection beyond the canvas')
  return asked
}

export function targetArea(
  target: unknown,
  { width, height }: { readonly width: number; readonly height: number }
): Rect {
  onlyKeys('targetBounds', target, ['left', 'top'])
  const { left, top } = target as { left: number; top: number }
  if (!Number.isInteger(left) || !Number.isInteger(top))
    throw new SimUnsupported('targetBounds of broken pixels')
  return { x: left, y: top, width, height }
}

export function checkForm(
  { knobs }: World,
  document: SimDocument,
  { colorSpace, componentSize }: { readonly colorSpace?: string; readonly componentSize?: number }
): void {
  refuseMode(document)
  if (componentSize === 8 && document.depth === 16 && knobs.deepReadAsEight) return
  if (componentSize !== undefined && componentSize !== document.depth)
    throw new Error('Photoshop Error. Code: -1')
  const space = channelsOf(document) === 1 ? 'Grayscale' : 'RGB'
  if (colorSpace !== undefined && colorSpace !== space)
    throw new SimUnsupported(`conversion of ${space} to ${colorSpace}`)
}

export function refuseMode({ mode }: SimDocument): void {
  if (mode === 'CMYKColorMode') throw new PhotoshopCrashed('pixels of a CMYK document were asked for')
  if (mode !== 'RGBColorMode' && mode !== 'grayscaleMode') throw new Error(`${mode} is not supported`)
}

export function needLayer(document: SimDocument, id: number): LayerState {
  const layer = findLayer(document.state.layers, id)
  if (layer === null) throw new Error(`The object layer ${id} is not currently available.`)
  return layer
}
