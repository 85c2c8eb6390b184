import type { Rect } from '#protocol/geometry.ts'
import { grown } from '../geometry.ts'
import { planeBounds, readPlane, type Plane } from '../plane.ts'

/** Straight runs along pixel edges, four numbers each: x, y of one end and of the other, in document pixels. */
export type Outline = readonly number[]

/** The line between what is selected by half or more and what is less; a very faint selection has none. */
export function selectionOutline(selection: Plane): Outline {
  const bounds = planeBounds(selection)
  if (bounds === null) return []
  const area = grown(bounds, 1)
  const inside = readPlane(selection, area)
  const runs: number[] = []
  addHorizontalRuns(runs, inside, area)
  addVerticalRuns(runs, inside, area)
  return runs
}

function addHorizontalRuns(
  runs: number[],
  inside: Uint8Array,
  { x: left, y: top, width, height }: Rect
): void {
  for (let y = 1; y < height; y++) {
    let start = -1
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const edge = inside[at]! >= 128 !== inside[at - width]! >= 128
      if (edge && start < 0) start = x
      if (!edge && start >= 0) {
        runs.push(left + start, top + y, left + x, top + y)
        start = -1
      }
    }
  }
}

function addVerticalRuns(runs: number[], inside: Uint8Array, { x: left, y: top, width, height }: Rect): void {
  // Row by row, as the bytes lie: for each column, where its present run began.
  const starts = new Int32Array(width).fill(-1)
  for (let y = 0; y < height; y++)
    for (let x = 1; x < width; x++) {
      const at = y * width + x
      const edge = inside[at]! >= 128 !== inside[at - 1]! >= 128
      const start = starts[x]!
      if (edge && start < 0) starts[x] = y
      if (!edge && start >= 0) {
        runs.push(left + x, top + start, left + x, top + y)
        starts[x] = -1
      }
    }
}
