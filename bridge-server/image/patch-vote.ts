import type { Matches } from './patch-match.ts'
import { RADIUS, SIDE, type PatchLevel } from './patch-level.ts'

/** A patch one pixel farther from what is known counts this many times less (Wexler, Shechtman and Irani 2007). */
const TRUST = 1.3

/**
 * Each pixel of the hole becomes what the likenesses of all patches over it say, the more alike and the nearer to what is known
 * the more. `depth` are pixels to what is known.
 */
export function vote(level: PatchLevel, { source, distance }: Matches, depth: Float32Array): void {
  const { width, colours, known, targets } = level
  const sums = new Float32Array(colours.length)
  const weights = new Float32Array(known.length)
  const tolerance = 2 * Math.max(spread(targets, distance), SIDE * SIDE)
  for (const target of targets) {
    const weight = Math.exp(-distance[target]! / tolerance) * TRUST ** -depth[target]! + 1e-9
    const from = source[target]! - target
    for (let row = -RADIUS; row <= RADIUS; row++) {
      const start = target + row * width - RADIUS
      for (let i = start; i < start + SIDE; i++) {
        if (known[i] === 1) continue
        const j = 3 * (i + from)
        weights[i]! += weight
        sums[3 * i]! += weight * colours[j]!
        sums[3 * i + 1]! += weight * colours[j + 1]!
        sums[3 * i + 2]! += weight * colours[j + 2]!
      }
    }
  }
  for (let i = 0; i < known.length; i++)
    if (known[i] === 0) for (let c = 3 * i; c < 3 * i + 3; c++) colours[c] = sums[c]! / weights[i]!
}

/** The distance that three of four matches keep below. */
function spread(targets: Int32Array, distance: Float32Array): number {
  const all = Float32Array.from(targets, (target) => distance[target]!).sort()
  return all[Math.floor(0.75 * all.length)] ?? 0
}

/** Pixels from each one to the nearest known one, along rows and columns. */
export function depthOf({ width, height, known }: PatchLevel): Float32Array {
  const depth = Float32Array.from(known, (is) => (is === 1 ? 0 : Infinity))
  const shorten = (i: number, beside: number): void => {
    if (depth[beside]! + 1 < depth[i]!) depth[i] = depth[beside]! + 1
  }
  for (let i = 0; i < depth.length; i++) {
    if (i % width > 0) shorten(i, i - 1)
    if (i >= width) shorten(i, i - width)
  }
  for (let i = depth.length - 1; i >= 0; i--) {
    if (i % width < width - 1) shorten(i, i + 1)
    if (i < width * (height - 1)) shorten(i, i + width)
  }
  return depth
}
