import { flatten } from '../composite.ts'
import { select, type Edit } from '../document.ts'
import { areaOf } from '../geometry.ts'
import { eachTile, editTiles, emptyPlane, tileArea, writePlane, type Plane } from '../plane.ts'
import { pictured } from '../seen-layers.ts'

/** How a new selection meets the old one. */
export type SelectionMode = 'replace' | 'add' | 'subtract' | 'intersect'

/**
 * Selects with a mask. Soft masks meet as fuzzy sets: add is the larger, intersect the smaller of both values,
 * subtract is intersect with the inverse; so that every law of sets holds for them too.
 */
export function selectWith(mask: Plane, mode: SelectionMode): Edit {
  return (document) => {
    const old = document.selection ?? emptyPlane(1)
    switch (mode) {
      case 'replace':
        return select(mask)(document)
      case 'add':
        return select(combined(old, mask, Math.max))(document)
      case 'subtract':
        return select(combined(old, mask, (a, b) => Math.min(a, 255 - b)))(document)
      case 'intersect':
        return select(combined(old, mask, Math.min))(document)
    }
  }
}

/** Both masks pixel by pixel, where either of them is; `combine(0, 0)` must be 0. */
function combined(a: Plane, b: Plane, combine: (a: number, b: number) => number): Plane {
  let result: Plane = { ...a, tiles: new Map(a.tiles) }
  for (const key of new Set([...a.tiles.keys(), ...b.tiles.keys()])) {
    const other = b.tiles.get(key)
    result = editTiles(result, tileArea(key), (tile) => {
      for (let at = 0; at < tile.length; at++) tile[at] = combine(tile[at]!, other?.[at] ?? 0)
    })
  }
  return result
}

/** Selects what was not selected; everything where nothing was. */
export const invertSelection: Edit = (document) => {
  const all = areaOf(document.canvas)
  const inverse = editTiles(document.selection ?? emptyPlane(1), all, (tile) => {
    for (let at = 0; at < tile.length; at++) tile[at] = 255 - tile[at]!
  })
  return select(inverse)(document)
}

export const selectAll: Edit = (document) =>
  select(editTiles(emptyPlane(1), areaOf(document.canvas), (tile) => tile.fill(255)))(document)

/** Selects the canvas where no visible layer covers it, softly where they are partly transparent. */
export const selectEmpty: Edit = (document) => {
  let mask = emptyPlane(1)
  const picture = pictured(document)
  eachTile(areaOf(document.canvas), (_, part) => {
    const { data } = flatten(picture, part)
    const bytes = new Uint8Array(part.width * part.height)
    for (let at = 0; at < bytes.length; at++) bytes[at] = 255 - data[at * 4 + 3]!
    mask = writePlane(mask, part, bytes)
  })
  return select(mask)(document)
}
