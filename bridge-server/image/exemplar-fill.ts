import { boundsOf, filledAround } from './around.ts'
import { borderFill } from './fill.ts'
import { membrane } from './membrane.ts'
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

interface Found {
  readonly level: PatchLevel
  readonly matches: Matches
  /** Pixels of the picture to one of the level. */
  readonly factor: number
}

/** The picture with each pixel of its hole copied from where the four patches around it were found, by their nearness. */
function pieced(picture: Rgba, known: Uint8Array, found: Found): Rgba {
  const out = Uint8ClampedArray.from(picture.data)
  const colour = found.factor === 1 ? votedColour(found.level) : copiedColour(picture, found)
  for (let y = 0, i = 0; y < picture.height; y++)
    for (let x = 0; x < picture.width; x++, i++) if (known[i] === 0) colour(x, y, out, 4 * i)
  for (let i = 3; i < out.length; i += 4) out[i] = 255
  return { ...picture, data: out }
}

type WriteColour = (x: number, y: number, to: Uint8ClampedArray, at: number) => void

const votedColour =
  ({ width, colours }: PatchLevel): WriteColour =>
  (x, y, to, at) => {
    for (let c = 0; c < 3; c++) to[at + c] = colours[3 * (y * width + x) + c]!
  }

function copiedColour({ width, height, data }: Rgba, { level, matches, factor }: Found): WriteColour {
  const mixed = new Float64Array(3)
  const add = (x: number, y: number, column: number, row: number, weight: number): void => {
    if (weight === 0) return
    const u = Math.min(Math.max(column, RADIUS), level.width - 1 - RADIUS)
    const v = Math.min(Math.max(row, RADIUS), level.height - 1 - RADIUS)
    const from = matches.source[v * level.width + u]!
    const sx = Math.min(x + factor * ((from % level.width) - u), width - 1)
    const sy = Math.min(y + factor * (Math.floor(from / level.width) - v), height - 1)
    for (let c = 0; c < 3; c++) mixed[c]! += weight * data[4 * (sy * width + sx) + c]!
  }
  return (x, y, to, at) => {
    mixed.fill(0)
    const [across, down] = [(x + 0.5) / factor - 0.5, (y + 0.5) / factor - 0.5]
    const [column, row] = [Math.floor(across), Math.floor(down)]
    const [s, t] = [across - column, down - row]
    add(x, y, column, row, (1 - s) * (1 - t))
    add(x, y, column + 1, row, s * (1 - t))
    add(x, y, column, row + 1, (1 - s) * t)
    add(x, y, column + 1, row + 1, s * t)
    for (let c = 0; c < 3; c++) to[at + c] = mixed[c]!
  }
}
