import { RADIUS, SIDE, type PatchLevel } from './patch-level.ts'

/** For each target its likeness, and how far the two patches are apart: the sum of squared differences of all their colours. */
export interface Matches {
  /** By pixel: the source that its patch is like; −1 for what is no target. */
  readonly source: Int32Array
  readonly distance: Float32Array
}

/** Whole numbers from 0 to below `end`. */
export type Draw = (end: number) => number

/** Xorshift (Marsaglia 2003) from a fixed start: the same hole is always filled alike. */
export function createDraw(): Draw {
  let state = 0x9e3779b9 | 0
  return (end) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) * end) / 2 ** 32)
  }
}

/** Matches that start from a source for each target, or from chance where the source is none. */
export function startMatches(level: PatchLevel, draw: Draw, sourceOf: (target: number) => number): Matches {
  const source = new Int32Array(level.isSource.length).fill(-1)
  for (const target of level.targets) {
    const from = sourceOf(target)
    const isSource = from >= 0 && level.isSource[from] === 1
    source[target] = isSource ? from : level.sources[draw(level.sources.length)]!
  }
  const matches = { source, distance: new Float32Array(source.length) }
  measure(level, matches)
  return matches
}

/** The distances of all matches again, for colours of the hole have changed. */
export function measure(level: PatchLevel, { source, distance }: Matches): void {
  for (const target of level.targets) distance[target] = apart(level, target, source[target]!, Infinity)
}

/**
 * Barnes, Shechtman, Finkelstein and Goldman 2009, “PatchMatch”: one sweep that takes over what neighbours have found, moved by
 * a pixel, and tries sources at random, ever nearer to what is found. Sweeps go forth and back in turn.
 */
export function sweep(
  level: PatchLevel,
  matches: Matches,
  { draw, back }: { draw: Draw; back: boolean }
): void {
  const { width, height, targets } = level
  const step = back ? -1 : 1
  const farthest = Math.max(width, height)
  for (let n = 0; n < targets.length; n++) {
    const target = targets[back ? targets.length - 1 - n : n]!
    if (matches.distance[target] === 0) continue
    for (const beside of [target - step, target - step * width]) {
      const found = matches.source[beside] ?? -1
      if (found >= 0) attempt(level, matches, target, found + target - beside)
    }
    for (let reach = farthest; reach >= 1; reach >>= 1) {
      const found = matches.source[target]!
      const x = (found % width) + draw(2 * reach + 1) - reach
      const y = ((found / width) | 0) + draw(2 * reach + 1) - reach
      if (x >= 0 && y >= 0 && x < width && y < height) attempt(level, matches, target, y * width + x)
    }
  }
}

function attempt(level: PatchLevel, { source, distance }: Matches, target: number, candidate: number): void {
  if (level.isSource[candidate] !== 1 || source[target] === candidate) return
  const d = apart(level, target, candidate, distance[target]!)
  if (d >= distance[target]!) return
  distance[target] = d
  source[target] = candidate
}

/** How far two patches are apart; something not below `limit` where that is seen early. */
function apart({ width, colours }: PatchLevel, a: number, b: number, limit: number): number {
  let sum = 0
  const corner = RADIUS * width + RADIUS
  for (let row = 0; row < SIDE && sum < limit; row++) {
    const end = 3 * (a - corner + row * width + SIDE)
    for (let i = end - 3 * SIDE, j = 3 * (b - corner + row * width); i < end; i++, j++) {
      const difference = colours[i]! - colours[j]!
      sum += difference * difference
    }
  }
  return sum
}
