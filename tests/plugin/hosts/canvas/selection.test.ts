import { describe, expect, it } from 'vitest'
import {
  select,
  selectionBounds,
  type CanvasDocument,
  type Edit
} from '../../../../plugin/hosts/canvas/document.ts'
import { areaOf } from '../../../../plugin/hosts/canvas/geometry.ts'
import { planeBounds, readPlane, type Plane } from '../../../../plugin/hosts/canvas/plane.ts'
import { featherSelection } from '../../../../plugin/hosts/canvas/selection/feather.ts'
import { selectionOutline } from '../../../../plugin/hosts/canvas/selection/outline.ts'
import {
  invertSelection,
  selectAll,
  selectEmpty,
  selectWith
} from '../../../../plugin/hosts/canvas/selection/selection.ts'
import { ellipseMask, polygonMask, rectangleMask } from '../../../../plugin/hosts/canvas/selection/shapes.ts'
import { wandMask } from '../../../../plugin/hosts/canvas/selection/wand.ts'
import { digest, drawn, emptyDocument, mask, noise, noiseDocument } from './pictures.ts'
import { flatten } from '../../../../plugin/hosts/canvas/composite.ts'
import { emptyPlane, writePlane } from '../../../../plugin/hosts/canvas/plane.ts'

const canvas = { width: 300, height: 20 }
const soft = (seed: number): Plane =>
  writePlane(emptyPlane(1), areaOf(canvas), new Uint8Array(noise(300 * 20, seed)))
const after = (...edits: Edit[]): string => {
  const document = edits.reduce((each, edit) => edit(each), emptyDocument(300, 20))
  return bytes(document)
}
const bytes = ({ selection }: CanvasDocument): string =>
  digest(readPlane(selection ?? emptyPlane(1), areaOf(canvas)))

describe('selections, soft ones too, follow the laws of sets', () => {
  const [a, b] = [soft(1), soft(2)]
  it('a ∪ a = a = a ∩ a', () => {
    expect(after(selectWith(a, 'replace'), selectWith(a, 'add'))).toBe(after(select(a)))
    expect(after(selectWith(a, 'replace'), selectWith(a, 'intersect'))).toBe(after(select(a)))
  })
  it('a ∪ b = b ∪ a and a ∩ b = b ∩ a', () => {
    for (const mode of ['add', 'intersect'] as const)
      expect(after(select(a), selectWith(b, mode))).toBe(after(select(b), selectWith(a, mode)))
  })
  it('inverting twice changes nothing', () => {
    expect(after(select(a), invertSelection, invertSelection)).toBe(after(select(a)))
  })
  it('a − b = a ∩ (not b)', () => {
    const notB = [select(b), invertSelection].reduce(
      (each, edit) => edit(each),
      emptyDocument(300, 20)
    ).selection
    expect(after(select(a), selectWith(b, 'subtract'))).toBe(after(select(a), selectWith(notB!, 'intersect')))
  })
  it('not (a ∪ b) = (not a) ∩ (not b)', () => {
    const notB = [select(b), invertSelection].reduce(
      (each, edit) => edit(each),
      emptyDocument(300, 20)
    ).selection
    expect(after(select(a), selectWith(b, 'add'), invertSelection)).toBe(
      after(select(a), invertSelection, selectWith(notB!, 'intersect'))
    )
  })
  it('adding to nothing selects; taking from nothing and meeting nothing leave nothing', () => {
    expect(after(selectWith(a, 'add'))).toBe(after(select(a)))
    expect(selectWith(a, 'subtract')(emptyDocument(300, 20)).selection).toBeNull()
    expect(selectWith(a, 'intersect')(emptyDocument(300, 20)).selection).toBeNull()
  })
})

describe('the selection', () => {
  it('is null, never empty, where nothing is selected', () => {
    const all = selectAll(emptyDocument(300, 20))
    expect(selectionBounds(all)).toEqual(areaOf(canvas))
    expect(invertSelection(all).selection).toBeNull()
    expect(
      selectWith(rectangleMask({ x: 400, y: 0, width: 9, height: 9 }), 'replace')(all).selection
    ).toBeNull()
  })
  it('ends at the canvas', () => {
    const document = selectWith(
      rectangleMask({ x: -5, y: 10, width: 20, height: 99 }),
      'replace'
    )(emptyDocument(300, 20))
    expect(selectionBounds(document)).toEqual({ x: 0, y: 10, width: 15, height: 10 })
  })
  it('of empty canvas is the inverse of the visible alpha', () => {
    const document = noiseDocument()
    const bare = { ...document, layers: document.layers.slice(1) }
    const area = areaOf(document.canvas)
    const { data } = flatten(bare, area)
    const selected = readPlane(selectEmpty(bare).selection!, area)
    expect(selected.every((value, at) => value === 255 - data[at * 4 + 3]!)).toBe(true)
  })
})

describe('shapes', () => {
  it('a polygon with straight sides is the rectangle', () => {
    const area = { x: 3, y: 2, width: 270, height: 9 }
    const corners = [
      { x: 3, y: 2 },
      { x: 273, y: 2 },
      { x: 273, y: 11 },
      { x: 3, y: 11 }
    ]
    const [a, b] = [rectangleMask(area), polygonMask(corners, areaOf(canvas))]
    expect(digest(readPlane(b, areaOf(canvas)))).toBe(digest(readPlane(a, areaOf(canvas))))
  })
  it('a pixel that a shape covers by half is half selected', () => {
    const half = polygonMask(
      [
        { x: 1.5, y: 0 },
        { x: 3, y: 0 },
        { x: 3, y: 1 },
        { x: 1.5, y: 1 }
      ],
      areaOf(canvas)
    )
    expect([...readPlane(half, { x: 0, y: 0, width: 4, height: 1 })]).toEqual([0, 128, 255, 0])
  })
  it('an ellipse has the area π a b, within 0.2 %, and its box as bounds', () => {
    const area = { x: 10, y: 10, width: 200, height: 100 }
    const ellipse = ellipseMask(area, { x: 0, y: 0, width: 300, height: 300 })
    const sum = readPlane(ellipse, area).reduce((total, value) => total + value / 255, 0)
    expect(Math.abs(sum / (Math.PI * 100 * 50) - 1)).toBeLessThan(0.002)
    expect(planeBounds(ellipse)).toEqual(area)
  })
  it('a line crossed over itself leaves its middle out (even-odd)', () => {
    const square = (edge: number) => [
      { x: 20 - edge, y: 10 - edge },
      { x: 20 + edge, y: 10 - edge },
      { x: 20 + edge, y: 10 + edge },
      { x: 20 - edge, y: 10 + edge },
      { x: 20 - edge, y: 10 - edge }
    ]
    const ring = polygonMask([...square(8), ...square(4)], areaOf(canvas))
    expect([...readPlane(ring, { x: 20, y: 10, width: 1, height: 1 })]).toEqual([0])
    expect([...readPlane(ring, { x: 14, y: 10, width: 1, height: 1 })]).toEqual([255])
  })
})

describe('feather', () => {
  const square = selectWith(
    rectangleMask({ x: 100, y: 100, width: 60, height: 60 }),
    'replace'
  )(emptyDocument(300, 300))
  const feathered = featherSelection(12)(square)
  it('keeps the middle, falls steadily, and is half at the old edge', () => {
    const row = readPlane(feathered.selection!, { x: 130, y: 130, width: 70, height: 1 })
    expect(row[0]).toBe(255)
    for (let at = 1; at < row.length; at++) expect(row[at]).toBeLessThanOrEqual(row[at - 1]!)
    expect((row[29]! + row[30]!) / 2).toBeCloseTo(127.5, 0)
    expect(row[60]).toBe(0)
  })
  it('keeps the sum of what is selected, within the rounding to bytes', () => {
    const sum = (document: CanvasDocument): number =>
      readPlane(document.selection!, areaOf(document.canvas)).reduce((total, value) => total + value, 0)
    expect(Math.abs(sum(feathered) / sum(square) - 1)).toBeLessThan(0.001)
  })
  it('by nothing is nothing', () => {
    expect(featherSelection(0)(square)).toEqual(square)
  })
})

describe('the magic wand', () => {
  // Digits are grey levels in tens.
  const picture = (rows: string[]) => {
    const [width, height] = [rows[0]!.length, rows.length]
    const data = new Uint8ClampedArray(width * height * 4).fill(255)
    rows
      .join('')
      .split('')
      .forEach((digit, at) => data.fill(Number(digit) * 10, at * 4, at * 4 + 3))
    return { width, height, data }
  }
  const rows = ['00900', '09990', '00900', '99911', '00011']
  const take = (x: number, y: number, tolerance: number, contiguous: boolean): string =>
    drawn(wandMask(picture(rows), { x, y }, { tolerance, contiguous }), { width: 5, height: 5 })

  it('takes what touches by a side, not by a corner', () => {
    expect(take(0, 0, 0, true)).toBe('##... #.... ##... ..... .....')
  })
  it('takes the same colour everywhere where it need not touch', () => {
    expect(take(0, 0, 0, false)).toBe('##.## #...# ##.## ..... ###..')
  })
  it('takes colours as far as its tolerance, and no further', () => {
    expect(take(4.5, 2.9, 9, true)).toBe('...## ....# ...## ..... .....')
    expect(take(4.5, 2.9, 10, true)).toBe('...## ....# ...## ...## #####')
  })
  it('takes everything at the largest tolerance', () => {
    expect(take(2, 2, 255, true)).toBe('##### ##### ##### ##### #####')
  })
})

describe('the outline', () => {
  it('runs along the edges of what is at least half selected, each straight run once', () => {
    const runs = selectionOutline(mask('.... .##. .+#. ....'))
    const lines = new Set<string>()
    for (let at = 0; at < runs.length; at += 4) lines.add(runs.slice(at, at + 4).join())
    expect(lines).toEqual(new Set(['1,1,3,1', '1,3,3,3', '1,1,1,3', '3,1,3,3']))
  })
})
