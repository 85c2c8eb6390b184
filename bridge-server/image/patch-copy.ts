import type { Matches } from './patch-match.ts'
import { RADIUS, type PatchLevel } from './patch-level.ts'
import type { Rgba } from './pixels.ts'

/** What was found on a level of a picture. */
export interface Found {
  readonly level: PatchLevel
  readonly matches: Matches
  /** Pixels of the picture to one of the level. */
  readonly factor: number
}

/**
 * Writes each unknown pixel: what lies where the four patches around it on the level were found, mixed by their nearness. Where
 * they were found side by side, that is one pixel as it is.
 */
export function copyPieces({ width, height, data }: Rgba, known: Uint8Array, found: Found): void {
  const [across, down] = movesOf(found)
  const { level, factor } = found
  /** Where the colour lies that a cell of the level has for a pixel. */
  const from = (x: number, y: number, cell: number): number =>
    4 * (Math.min(y + down[cell]!, height - 1) * width + Math.min(x + across[cell]!, width - 1))
  for (let y = 0, i = 0; y < height; y++) {
    const v = (y + 0.5) / factor - 0.5
    const top = Math.max(0, Math.floor(v)) * level.width
    const bottom = Math.min(Math.floor(v) + 1, level.height - 1) * level.width
    const t = v - Math.floor(v)
    for (let x = 0; x < width; x++, i++) {
      if (known[i] === 1) continue
      const u = (x + 0.5) / factor - 0.5
      const left = Math.max(0, Math.floor(u))
      const right = Math.min(Math.floor(u) + 1, level.width - 1)
      const s = u - Math.floor(u)
      const [a, b] = [from(x, y, top + left), from(x, y, top + right)]
      const [c, d] = [from(x, y, bottom + left), from(x, y, bottom + right)]
      for (let n = 0; n < 3; n++)
        data[4 * i + n] =
          (1 - t) * ((1 - s) * data[a + n]! + s * data[b + n]!) +
          t * ((1 - s) * data[c + n]! + s * data[d + n]!)
    }
  }
}

/** How far, in pixels of the picture, from each pixel of the level the source of the patch over it lies. */
function movesOf({ level, matches, factor }: Found): readonly [across: Int32Array, down: Int32Array] {
  const { width, height } = level
  const [across, down] = [new Int32Array(width * height), new Int32Array(width * height)]
  const inside = (at: number, length: number): number => Math.min(Math.max(at, RADIUS), length - 1 - RADIUS)
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const [u, v] = [inside(x, width), inside(y, height)]
      const source = matches.source[v * width + u]!
      if (source < 0) continue
      across[i] = factor * ((source % width) - u)
      down[i] = factor * (Math.floor(source / width) - v)
    }
  return [across, down]
}
