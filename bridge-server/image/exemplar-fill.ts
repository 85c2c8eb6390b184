import { boundsOf, filledAround } from './around.ts'
import { borderFill } from './fill.ts'
import { membrane } from './membrane.ts'
import { copyPieces, type Found } from './patch-copy.ts'
import { patchLevel, RADIUS, shrunk, SIDE, type PatchLevel } from './patch-level.ts'
import { createDraw, measure, startMatches, sweep, type Draw, type Matches } from './patch-match.ts'
import { depthOf, vote } from './patch-vote.ts'
import type { Gray, Rgba } from './pixels.ts'

/** Pixels of the level where the last likenesses are searched, at most. */
const SEARCHED = 2 ** 15
/** Coarser levels than the first have at least these sides, and this many sources. */
const LEAST_SIDE = 4 * SIDE
const LEAST_SOURCES = 64
/** What is looked at around the hole: pixels at least, and the share of its longer side. */
const AROUND = 32
const AROUND_SHARE = 0.5
/** Rounds of search and vote on the coarsest level, and on each finer one. */
const FIRST_ROUNDS = 10
const ROUNDS = 4

/**
 * The picture with `hole` (anything above 0) filled by pieces of what is around it, opaque: structures go on and textures
 * stay sharp. Known pixels keep their colours. Wexler, Shechtman and Irani 2007, “Space-time completion of video”, on a pyramid
 * up to a level of `SEARCHED` pixels, with the search of Barnes et al. 2009; from there the pieces found are copied at full size.
 * Where too little is known to make a patch it is `borderFill`.
 */
export function exemplarFill(picture: Rgba, hole: Gray): Rgba {
  const { width, height } = boundsOf(hole) ?? { width: 0, height: 0 }
  const margin = Math.max(AROUND, Math.round(AROUND_SHARE * Math.max(width, height)))
  return filledAround(picture, hole, margin, (part, mask) => {
    const known = mask.data.map((value) => (value === 0 ? 1 : 0))
    const factor = 2 ** Math.max(0, Math.ceil(Math.log2(known.length / SEARCHED) / 2))
    const levels = pyramid(patchLevel(shrunk({ ...part, colours: part.data, channels: 4, known }, factor)))
    const matches = searched(levels)
    const [finest] = levels
    if (finest === undefined || matches === null) return borderFill(part, mask)
    return pieced(part, known, { level: finest, matches, factor })
  })
}

/** This level and the coarser ones; none where it has nothing to copy. */
function pyramid(finest: PatchLevel): readonly PatchLevel[] {
  if (finest.sources.length === 0) return []
  const levels = [finest]
  for (let level = finest; ; levels.push(level)) {
    level = patchLevel(shrunk({ ...level, channels: 3 }, 2))
    if (Math.min(level.width, level.height) < LEAST_SIDE || level.sources.length < LEAST_SOURCES)
      return levels
  }
}

/** What was found on the finest level, whose hole is then filled; null without levels. */
function searched(levels: readonly PatchLevel[]): Matches | null {
  const draw = createDraw()
  let below: { readonly level: PatchLevel; readonly matches: Matches } | null = null
  for (const level of levels.toReversed()) {
    const depth = depthOf(level)
    const matches: Matches = below === null ? firstMatches(level, draw) : finerMatches(level, below, draw)
    if (below !== null) vote(level, matches, depth)
    for (let round = 0; round < (below === null ? FIRST_ROUNDS : ROUNDS); round++) {
      measure(level, matches)
      sweep(level, matches, { draw, back: false })
      sweep(level, matches, { draw, back: true })
      vote(level, matches, depth)
    }
    below = { level, matches }
  }
  return below?.matches ?? null
}

/** By chance; the hole's colours are those of its border, continued. */
function firstMatches(level: PatchLevel, draw: Draw): Matches {
  const { colours } = level
  for (let channel = 0; channel < 3; channel++) {
    const values = Float32Array.from(level.known, (_, i) => colours[3 * i + channel]!)
    membrane({ ...level, values }).forEach((value, i) => (colours[3 * i + channel] = value))
  }
  return startMatches(level, draw, () => -1)
}

/** The matches of the level with half the sides. */
function finerMatches(
  level: PatchLevel,
  { level: coarse, matches }: { readonly level: PatchLevel; readonly matches: Matches },
  draw: Draw
): Matches {
  const inside = (at: number, length: number): number => Math.min(Math.max(at, RADIUS), length - 1 - RADIUS)
  return startMatches(level, draw, (target) => {
    const [x, y] = [target % level.width, Math.floor(target / level.width)]
    const parent = inside(y >> 1, coarse.height) * coarse.width + inside(x >> 1, coarse.width)
    const from = matches.source[parent]! < 0 ? parent : matches.source[parent]!
    const [dx, dy] = [
      (from % coarse.width) - (parent % coarse.width),
      Math.floor(from / coarse.width) - Math.floor(parent / coarse.width)
    ]
    const [u, v] = [inside(x + 2 * dx, level.width), inside(y + 2 * dy, level.height)]
    return v * level.width + u
  })
}

/** The picture with its hole as found: on the level, where that is the picture itself, else from the pieces at full size. */
function pieced({ width, height, data }: Rgba, known: Uint8Array, found: Found): Rgba {
  const out = Uint8ClampedArray.from(data)
  const { colours } = found.level
  if (found.factor > 1) copyPieces({ width, height, data: out }, known, found)
  else
    for (let i = 0; i < known.length; i++)
      if (known[i] === 0) out.set(colours.subarray(3 * i, 3 * i + 3), 4 * i)
  for (let i = 0; i < known.length; i++) if (known[i] === 0) out[4 * i + 3] = 255
  return { width, height, data: out }
}
