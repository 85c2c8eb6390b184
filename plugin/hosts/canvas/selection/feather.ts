import type { Rect } from '#protocol/geometry.ts'
import { select, type Edit } from '../document.ts'
import { areaOf, grown, intersection } from '../geometry.ts'
import { emptyPlane, planeBounds, readPlane, writePlane, type Plane } from '../plane.ts'

/** The largest feather, in pixels. */
export const maxFeather = 250

/** Softens the selection's rim over about `radius` pixels to each side. */
export function featherSelection(radius: number): Edit {
  return (document) =>
    document.selection === null
      ? document
      : select(feathered(document.selection, radius, areaOf(document.canvas)))(document)
}

/**
 * Three box blurs, which come close to a Gaussian (Wells, "Efficient Synthesis of Gaussian Filters by Cascaded
 * Uniform Filters", 1986). Beyond `within` nothing is selected.
 */
export function feathered(mask: Plane, radius: number, within: Rect): Plane {
  const bounds = planeBounds(mask)
  const box = Math.round(radius)
  if (bounds === null || box < 1) return mask
  // Three boxes of 2b+1 reach 3b to each side: a third of the radius each, so that the rim is as wide as asked for.
  const reach = Math.max(1, Math.round(box / 2))
  const area = intersection(grown(bounds, reach * 3), within)
  if (area === null) return emptyPlane(1)
  let values = Float32Array.from(readPlane(mask, area))
  for (let pass = 0; pass < 3; pass++) {
    values = blurLines(values, { lines: area.height, length: area.width, step: 1, next: area.width }, reach)
    values = blurLines(values, { lines: area.width, length: area.height, step: area.width, next: 1 }, reach)
  }
  return writePlane(
    emptyPlane(1),
    area,
    Uint8Array.from(values, (value) => Math.round(value))
  )
}

/** How rows or columns lie in memory. */
interface Lines {
  readonly lines: number
  readonly length: number
  readonly step: number
  readonly next: number
}

function blurLines(
  values: Float32Array<ArrayBuffer>,
  { lines, length, step, next }: Lines,
  reach: number
): Float32Array<ArrayBuffer> {
  const blurred = new Float32Array(values.length)
  const width = 2 * reach + 1
  for (let line = 0; line < lines; line++) {
    const start = line * next
    let sum = 0
    for (let at = 0; at < Math.min(reach, length); at++) sum += values[start + at * step]!
    for (let at = 0; at < length; at++) {
      if (at + reach < length) sum += values[start + (at + reach) * step]!
      if (at - reach > 0) sum -= values[start + (at - reach - 1) * step]!
      blurred[start + at * step] = sum / width
    }
  }
  return blurred
}
