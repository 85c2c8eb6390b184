import type { Rect } from '../../../bridge-server/protocol/geometry.ts'

export type Samples = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>

/** Samples of a rectangle of the document; alpha, where there is one, is straight and last. */
export interface Plane {
  readonly area: Rect
  readonly components: number
  readonly data: Samples
}

export interface LayerState {
  readonly id: number
  readonly name: string
  readonly kind: 'pixel' | 'group' | 'text' | 'solidColor'
  readonly visible: boolean
  readonly opacity: number
  readonly isBackground: boolean
  readonly pixels: Plane | null
  /** One component; `outside` is its value beside the plane. */
  readonly mask: (Plane & { readonly outside: number }) | null
  readonly children: readonly LayerState[] | null
}

export interface SelectionState {
  /** One component, 8 bits; may reach beyond the canvas. */
  readonly plane: Plane
  readonly solid: boolean
}

/** Everything of a document that a step of the history keeps. Never changed, only replaced. */
export interface DocumentState {
  readonly width: number
  readonly height: number
  /** Topmost first. */
  readonly layers: readonly LayerState[]
  readonly selection: SelectionState | null
  readonly active: readonly number[]
}

export const full: Readonly<Record<number, number>> = { 8: 255, 16: 32768, 32: 1 }

export function samplesOf(length: number, depth: number): Samples {
  if (depth === 8) return new Uint8Array(length)
  return depth === 16 ? new Uint16Array(length) : new Float32Array(length)
}

export const depthOf = (samples: Samples): 8 | 16 | 32 =>
  samples instanceof Uint8Array ? 8 : samples instanceof Uint16Array ? 16 : 32

export function intersection(a: Rect, b: Rect): Rect | null {
  const x = Math.max(a.x, b.x)
  const y = Math.max(a.y, b.y)
  const width = Math.min(a.x + a.width, b.x + b.width) - x
  const height = Math.min(a.y + a.height, b.y + b.height) - y
  return width > 0 && height > 0 ? { x, y, width, height } : null
}

export function union(a: Rect, b: Rect): Rect {
  const x = Math.min(a.x, b.x)
  const y = Math.min(a.y, b.y)
  const width = Math.max(a.x + a.width, b.x + b.width) - x
  return { x, y, width, height: Math.max(a.y + a.height, b.y + b.height) - y }
}

/** The value of a one-component plane at a pixel. */
export const valueAt = ({ area, data }: Plane, x: number, y: number, outside: number): number =>
  x < area.x || y < area.y || x >= area.x + area.width || y >= area.y + area.height
    ? outside
    : data[(y - area.y) * area.width + x - area.x]!

/** All visible layers flattened over `area`: colour channels and alpha, in the document's own numbers. */
export function composite(state: DocumentState, area: Rect, channels: number, depth: number): Samples {
  const components = channels + 1
  const out = samplesOf(area.width * area.height * components, depth)
  const top = full[depth]!
  const paint = (layers: readonly LayerState[]): void => {
    for (const layer of [...layers].reverse()) {
      if (!layer.visible) continue
      if (layer.children !== null) paint(layer.children)
      if (layer.pixels !== null) blend(layer, layer.pixels)
    }
  }
  const blend = (layer: LayerState, { area: own, data }: Plane): void => {
    const both = intersection(own, area)
    if (both === null) return
    const isPlain = layer.mask === null && layer.opacity === 100
    for (let y = both.y; y < both.y + both.height; y++) {
      const start = ((y - own.y) * own.width + both.x - own.x) * components
      const row = data.subarray(start, start + both.width * components)
      if (isPlain && isOpaque(row, components, top)) {
        out.set(row, ((y - area.y) * area.width + both.x - area.x) * components)
        continue
      }
      for (let x = both.x; x < both.x + both.width; x++) {
        const from = ((y - own.y) * own.width + x - own.x) * components
        const to = ((y - area.y) * area.width + x - area.x) * components
        const masked = layer.mask === null ? 1 : valueAt(layer.mask, x, y, layer.mask.outside) / top
        const alpha = (data[from + channels]! / top) * masked * (layer.opacity / 100)
        if (alpha === 0) continue
        if (alpha === 1) {
          for (let channel = 0; channel < components; channel++) out[to + channel] = data[from + channel]!
          continue
        }
        const below = out[to + channels]! / top
        const sum = alpha + below * (1 - alpha)
        for (let channel = 0; channel < channels; channel++) {
          const mixed = (data[from + channel]! * alpha + out[to + channel]! * below * (1 - alpha)) / sum
          out[to + channel] = depth === 32 ? mixed : Math.round(mixed)
        }
        out[to + channels] = depth === 32 ? sum : Math.round(sum * top)
      }
    }
  }
  paint(state.layers)
  return out
}

function isOpaque(samples: Samples, components: number, top: number): boolean {
  for (let at = components - 1; at < samples.length; at += components) if (samples[at] !== top) return false
  return true
}

export function findLayer(layers: readonly LayerState[], id: number): LayerState | null {
  for (const layer of layers) {
    if (layer.id === id) return layer
    const inside = findLayer(layer.children ?? [], id)
    if (inside !== null) return inside
  }
  return null
}

/** `layers` with one of them replaced by what `change` gives: none, one or several. */
export function changeLayer(
  layers: readonly LayerState[],
  id: number,
  change: (layer: LayerState) => readonly LayerState[]
): readonly LayerState[] {
  return layers.flatMap((layer) => {
    if (layer.id === id) return change(layer)
    if (layer.children === null) return [layer]
    return [{ ...layer, children: changeLayer(layer.children, id, change) }]
  })
}

/** The document moved by (dx, dy) on a canvas of another size. */
export function shifted(
  state: DocumentState,
  width: number,
  height: number,
  dx: number,
  dy: number
): DocumentState {
  const movePlane = <P extends Plane>(plane: P): P => ({
    ...plane,
    area: { ...plane.area, x: plane.area.x + dx, y: plane.area.y + dy }
  })
  const move = (layer: LayerState): LayerState => ({
    ...layer,
    pixels: layer.pixels === null ? null : movePlane(layer.pixels),
    mask: layer.mask === null ? null : movePlane(layer.mask),
    children: layer.children?.map(move) ?? null
  })
  const { selection } = state
  return {
    ...state,
    width,
    height,
    layers: state.layers.map(move),
    selection: selection === null ? null : { ...selection, plane: movePlane(selection.plane) }
  }
}
