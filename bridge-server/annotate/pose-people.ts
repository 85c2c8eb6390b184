import type { Tensor } from '../image/pixels.ts'
import { drawnLimbs, limbs, partNames } from './pose-body.ts'
import { STRIDE, type Peak } from './pose-peaks.ts'

/** The parts of one body; null for those that are not seen. */
export type Person = readonly (Peak | null)[]

interface Body {
  readonly parts: (Peak | null)[]
  count: number
  score: number
}

/**
 * Bodies from peaks and affinity fields [1, 38, h/8, w/8]: Cao et al. 2017, sections 2.3 and 2.4. Limb by limb the best pairs of
 * peaks join bodies; what has fewer than four parts, or little likelihood, is no body. `height` is what the network saw, pixels.
 */
export function peopleIn(
  peaks: readonly (readonly Peak[])[],
  fields: Tensor,
  height: number
): readonly Person[] {
  const bodies: Body[] = []
  for (const [i, { from, to, field }] of limbs.entries())
    for (const pair of pairsOf(peaks[from] ?? [], peaks[to] ?? [], affinityOf(fields, field), height))
      join(bodies, { ...pair, from, to, mayBegin: i < drawnLimbs.length })
  return bodies.filter(({ count, score }) => count >= 4 && score / count >= 0.4).map(({ parts }) => parts)
}

type Affinity = (x: number, y: number) => readonly [x: number, y: number]

/** The direction of a limb at a pixel, bilinear between the centres of the field's numbers. */
function affinityOf({ data, dims }: Tensor, channel: number): Affinity {
  const [, , h = 0, w = 0] = dims
  const at = (plane: number, u: number, v: number): number =>
    data[(plane * h + Math.min(Math.max(v, 0), h - 1)) * w + Math.min(Math.max(u, 0), w - 1)]!
  return (x, y) => {
    const [u, v] = [(x + 0.5) / STRIDE - 0.5, (y + 0.5) / STRIDE - 0.5]
    const [left, top] = [Math.floor(u), Math.floor(v)]
    const [s, t] = [u - left, v - top]
    const mixed = (plane: number): number =>
      (1 - t) * ((1 - s) * at(plane, left, top) + s * at(plane, left + 1, top)) +
      t * ((1 - s) * at(plane, left, top + 1) + s * at(plane, left + 1, top + 1))
    return [mixed(channel), mixed(channel + 1)]
  }
}

interface Pair {
  readonly a: Peak
  readonly b: Peak
  readonly score: number
}

/** Points on a limb at which its field is looked at, how much of it is enough at one, and at what share of them. */
const SAMPLES = 10
const ENOUGH = 0.05
const SHARE = 0.8

/** The best pairs of two parts, each peak in one at most. */
function pairsOf(
  from: readonly Peak[],
  to: readonly Peak[],
  affinity: Affinity,
  height: number
): readonly Pair[] {
  const possible = from.flatMap((a) =>
    to.flatMap((b) => {
      const score = likeness(a, b, affinity, height)
      return score === null ? [] : [{ a, b, score }]
    })
  )
  const taken = new Set<Peak>()
  return possible
    .sort((p, q) => q.score - p.score)
    .filter(({ a, b }) => {
      if (taken.has(a) || taken.has(b)) return false
      taken.add(a).add(b)
      return true
    })
}

/** How much the field along the way from one peak to the other says that this is a limb; null: not enough. */
function likeness(a: Peak, b: Peak, affinity: Affinity, height: number): number | null {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const length = Math.hypot(dx, dy)
  if (length === 0) return null
  let [sum, good] = [0, 0]
  for (let k = 0; k < SAMPLES; k++) {
    const part = k / (SAMPLES - 1)
    const [x, y] = affinity(a.x + part * dx, a.y + part * dy)
    const along = (x * dx + y * dy) / length
    sum += along
    if (along > ENOUGH) good++
  }
  // Limbs longer than half of the picture are unlikely.
  const score = sum / SAMPLES + Math.min((0.5 * height) / length - 1, 0)
  return score > 0 && good > SHARE * SAMPLES ? score : null
}

interface Found extends Pair {
  readonly from: number
  readonly to: number
  readonly mayBegin: boolean
}

/** A limb goes to the body that has one of its ends, makes one body of two, or begins one. */
function join(bodies: Body[], { a, b, score, from, to, mayBegin }: Found): void {
  const having = bodies.filter(({ parts }) => parts[from] === a || parts[to] === b)
  const [first, second] = having
  if (first === undefined) {
    if (!mayBegin) return
    const parts = partNames.map((_, i) => (i === from ? a : i === to ? b : null))
    bodies.push({ parts, count: 2, score: a.score + b.score + score })
    return
  }
  if (second !== undefined && first.parts.every((part, i) => part === null || second.parts[i] === null)) {
    second.parts.forEach((part, i) => (first.parts[i] ??= part))
    first.count += second.count
    first.score += second.score + score
    bodies.splice(bodies.indexOf(second), 1)
    return
  }
  if (first.parts[to] === b) return
  first.parts[to] = b
  first.count++
  first.score += b.score + score
}
