import type { Rect } from '#protocol/geometry.ts'
import type { RgbaImage } from '../host.ts'
import { blendPixel, scaleByte, type Over } from './blend.ts'
import type { CanvasDocument } from './document.ts'
import { intersection, shifted } from './geometry.ts'
import { toLayer, type Layer } from './layer.ts'
import { eachTile, tileArea, tileSize, type Tile } from './plane.ts'

/** Pixels to composite into: straight RGBA of the document area `area`, rows `stride` pixels apart. */
export interface Target {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly stride: number
}

/** What a person sees in `area`: all visible layers inside the canvas, bottom first, on nothing. */
export function flatten(document: CanvasDocument, area: Rect): RgbaImage {
  const { width, height } = area
  const data = new Uint8ClampedArray(width * height * 4)
  compositeLayers(document, area, { bytes: new Uint8Array(data.buffer), stride: width })
  return { width, height, data }
}

/** Like `flatten`, into the caller's bytes, which must be clear: `area`'s first pixel goes to the first byte. */
export function compositeLayers(document: CanvasDocument, area: Rect, target: Target): void {
  const { width, height } = document.canvas
  const inside = intersection(area, { x: 0, y: 0, width, height })
  if (inside === null) return
  const start = ((inside.y - area.y) * target.stride + inside.x - area.x) * 4
  const at = { bytes: target.bytes.subarray(start), stride: target.stride }
  for (const layer of document.layers) if (layer.visible) compositeLayer(layer, inside, at)
}

/** One layer over what the target holds, whether it is visible or not. */
export function compositeLayer(layer: Layer, area: Rect, { bytes, stride }: Target): void {
  const opacity = Math.round(layer.opacity * 255)
  const mask = layer.mask?.enabled === true ? layer.mask.plane : null
  if (opacity === 0) return
  const onLayer = toLayer(layer, area)
  eachTile(onLayer, (key, part) => {
    const pixels = layer.pixels.tiles.get(key)
    if (pixels === undefined) return
    const maskTile = mask?.tiles.get(key) ?? null
    const constant = mask === null || maskTile !== null ? opacity : scaleByte(opacity, mask.fill)
    if (constant === 0) return
    const origin = tileArea(key)
    const first = ((part.y - onLayer.y) * stride + part.x - onLayer.x) * 4
    const run = { pixels, mask: maskTile, opacity: constant, over: { alpha: 0, mode: layer.blend } }
    compositeTile(run, shifted(part, { x: -origin.x, y: -origin.y }), { bytes, stride }, first)
  })
}

interface Run {
  readonly pixels: Tile
  readonly mask: Tile | null
  /** 1…255. */
  readonly opacity: number
  readonly over: Over
}

function compositeTile(run: Run, part: Rect, { bytes, stride }: Target, first: number): void {
  const { pixels, mask, opacity, over } = run
  const copies = mask === null && opacity === 255 && over.mode === 'normal'
  for (let y = 0; y < part.height; y++) {
    const row = (part.y + y) * tileSize + part.x
    const to = first + y * stride * 4
    if (copies && isOpaque(pixels, row, part.width)) {
      bytes.set(pixels.subarray(row * 4, (row + part.width) * 4), to)
      continue
    }
    for (let x = 0; x < part.width; x++) {
      const from = (row + x) * 4
      let alpha = pixels[from + 3]!
      if (mask !== null) alpha = scaleByte(alpha, mask[row + x]!)
      if (opacity !== 255) alpha = scaleByte(alpha, opacity)
      if (alpha === 0) continue
      over.alpha = alpha
      blendPixel(bytes, to + x * 4, pixels, from, over)
    }
  }
}

function isOpaque(pixels: Tile, start: number, count: number): boolean {
  for (let at = start * 4 + 3; at < (start + count) * 4; at += 4) if (pixels[at] !== 255) return false
  return true
}

/** The smallest area inside the canvas that holds every pixel which is not fully opaque, or null. */
export function emptyBounds(document: CanvasDocument): Rect | null {
  const { width, height } = document.canvas
  let left = width
  let right = -1
  let top = height
  let bottom = -1
  eachTile({ x: 0, y: 0, width, height }, (_, part) => {
    const { data } = flatten(document, part)
    for (let y = 0; y < part.height; y++)
      for (let x = 0; x < part.width; x++) {
        if (data[(y * part.width + x) * 4 + 3] === 255) continue
        left = Math.min(left, part.x + x)
        right = Math.max(right, part.x + x)
        top = Math.min(top, part.y + y)
        bottom = Math.max(bottom, part.y + y)
      }
  })
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}
