import { createHash } from 'node:crypto'
import { createDocument, type CanvasDocument } from '../../../../plugin/hosts/canvas/document.ts'
import { areaOf } from '../../../../plugin/hosts/canvas/geometry.ts'
import { layerFrom, type Layer } from '../../../../plugin/hosts/canvas/layer.ts'
import { emptyPlane, readPlane, writePlane, type Plane } from '../../../../plugin/hosts/canvas/plane.ts'
import type { RgbaImage } from '../../../../plugin/hosts/host.ts'
import type { Rect } from '../../../../bridge-server/protocol/geometry.ts'

/** Bytes that look random and are the same in every run (xorshift32). */
export function noise(count: number, seed: number): Uint8ClampedArray<ArrayBuffer> {
  let state = seed
  return new Uint8ClampedArray(count).map(() => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 255
  })
}

export function noiseImage(width: number, height: number, seed: number): RgbaImage {
  return { width, height, data: noise(width * height * 4, seed) }
}

export function opaqueImage(width: number, height: number, seed: number): RgbaImage {
  const data = noise(width * height * 4, seed)
  for (let at = 3; at < data.length; at += 4) data[at] = 255
  return { width, height, data }
}

export const noiseLayer = (id: string, area: Rect, seed: number): Layer =>
  layerFrom(id, { name: id, area, pixels: noiseImage(area.width, area.height, seed) })

/** Three layers of noise that cross tile edges and hang over the canvas; the top one has a soft mask. */
export function noiseDocument(): CanvasDocument {
  const canvas = { width: 300, height: 280 }
  const pixels = opaqueImage(300, 280, 7)
  const area = { x: -20, y: 200, width: 120, height: 100 }
  const mask = { width: 120, height: 100, data: new Uint8Array(noise(120 * 100, 3)) }
  return createDocument({
    id: 'document',
    name: 'Noise',
    canvas,
    layers: [
      layerFrom('ground', { name: 'ground', area: areaOf(canvas), pixels }),
      noiseLayer('middle', { x: 230, y: 100, width: 50, height: 60 }, 11),
      layerFrom('top', { name: 'top', area, pixels: noiseImage(120, 100, 5), mask })
    ]
  })
}

/** A mask drawn in letters: `#` selected, `+` half, anything else not. */
export function mask(picture: string): Plane {
  const rows = picture.trim().split(/\s+/)
  const values: Record<string, number> = { '#': 255, '+': 128 }
  const bytes = Uint8Array.from(rows.flatMap((row) => row.split('').map((letter) => values[letter] ?? 0)))
  return writePlane(emptyPlane(1), { x: 0, y: 0, width: rows[0]!.length, height: rows.length }, bytes)
}

/** The inverse of `mask`, for a canvas of that size. */
export function drawn(plane: Plane | null, { width, height }: { width: number; height: number }): string {
  const bytes = readPlane(plane ?? emptyPlane(1), { x: 0, y: 0, width, height })
  const rows: string[] = []
  for (let y = 0; y < height; y++)
    rows.push(
      [...bytes.subarray(y * width, (y + 1) * width)]
        .map((value) => (value === 255 ? '#' : value === 0 ? '.' : '+'))
        .join('')
    )
  return rows.join(' ')
}

export const emptyDocument = (width: number, height: number): CanvasDocument =>
  createDocument({ id: 'document', name: 'Empty', canvas: { width, height }, layers: [] })

/** Bytes as a short text: comparing that is quick, and so is reading how two differ. */
export const digest = (bytes: Uint8Array | Uint8ClampedArray): string =>
  `${bytes.length} bytes ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`
