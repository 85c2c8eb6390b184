import type { Gray, Tensor } from '../image/pixels.ts'
import { resizeRgba } from '../image/resize.ts'
import { toTensor } from '../image/tensor-pixels.ts'
import type { Size } from '../protocol/geometry.ts'
import type { NetworkAnnotator } from './annotator.ts'

/** Side of the square picture that M-LSD was trained on. */
const SIDE = 512
/** Lines at most, and half of the side of the square in which only the likeliest middle of a line counts. */
const MOST = 200
const APART = 2

/** From one end to the other, in shares of the picture's width and height. */
export type Line = readonly [x1: number, y1: number, x2: number, y2: number]

interface Thresholds {
  /** How likely a line must be, 0…1. */
  readonly score: number
  /** Its length in pixels of the map. */
  readonly length: number
}

/** M-LSD's map [1, 9, h, w] as lines (Gu et al. 2021, section 3): each likely middle, and where its two ends are from there. */
export function linesIn({ data, dims }: Tensor, { score, length }: Thresholds): readonly Line[] {
  const [, , height = 0, width = 0] = dims
  const plane = width * height
  const likely = middles(data.subarray(0, plane), { width, height })
    .toSorted((a, b) => data[b]! - data[a]! || a - b)
    .slice(0, MOST)
  return likely.flatMap((i) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [1, 2, 3, 4].map((channel) => data[channel * plane + i]!)
    const sigmoid = 1 / (1 + Math.exp(-data[i]!))
    if (sigmoid <= score || Math.hypot(x2 - x1, y2 - y1) <= length) return []
    const [x, y] = [i % width, Math.floor(i / width)]
    return [[(x + x1) / width, (y + y1) / height, (x + x2) / width, (y + y2) / height] as const]
  })
}

/** Indices of what nothing near exceeds. */
function middles(logits: Float32Array, { width, height }: Size): readonly number[] {
  const isMost = (i: number): boolean => {
    const [x, y] = [i % width, Math.floor(i / width)]
    for (let v = Math.max(0, y - APART); v <= Math.min(height - 1, y + APART); v++)
      for (let u = Math.max(0, x - APART); u <= Math.min(width - 1, x + APART); u++)
        if (logits[v * width + u]! > logits[i]!) return false
    return true
  }
  return [...logits.keys()].filter(isMost)
}

/** White lines of one pixel on black. */
export function drawnLines(lines: readonly Line[], { width, height }: Size): Gray {
  const data = new Uint8Array(width * height)
  for (const [x1, y1, x2, y2] of lines) {
    const [fromX, fromY, toX, toY] = [x1 * width, y1 * height, x2 * width, y2 * height]
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY))))
    for (let k = 0; k <= steps; k++) {
      const x = Math.round(fromX + ((toX - fromX) * k) / steps)
      const y = Math.round(fromY + ((toY - fromY) * k) / steps)
      if (x >= 0 && y >= 0 && x < width && y < height) data[y * width + x] = 255
    }
  }
  return { width, height, data }
}

export const straightLines: NetworkAnnotator = {
  card: {
    id: 'mlsd',
    label: 'Straight lines (M-LSD)',
    about: 'Straight edges, as of buildings and rooms, and nothing that is bent.',
    parameters: [
      { id: 'score', label: 'Least likelihood', min: 0.01, max: 1, step: 0.01, default: 0.1, unit: '' },
      { id: 'length', label: 'Least length', min: 0.1, max: 20, step: 0.1, default: 0.1, unit: 'px' }
    ],
    suits: ['mlsd'],
    format: 'gray8'
  },
  needs: 'mlsd',
  async annotate(picture, { score = 0.1, length = 0.1 }, network) {
    const seen = resizeRgba(picture, { width: SIDE, height: SIDE }, 'bilinear')
    const [map = { data: new Float32Array(), dims: [1, 9, 0, 0] }] = await network(toTensor(seen))
    return drawnLines(linesIn(map, { score, length }), picture)
  }
}
