import { describe, expect, test } from 'vitest'
import { makeMap } from '../../../bridge-server/annotate/make-map.ts'
import { normalsOf } from '../../../bridge-server/annotate/normal.ts'
import { partNames, poseColours } from '../../../bridge-server/annotate/pose-body.ts'
import { drawnPeople } from '../../../bridge-server/annotate/pose-drawing.ts'
import { peaksIn, type Peak } from '../../../bridge-server/annotate/pose-peaks.ts'
import { peopleIn } from '../../../bridge-server/annotate/pose-people.ts'
import { limbs } from '../../../bridge-server/annotate/pose-body.ts'
import { edgeLevels } from '../../../bridge-server/annotate/soft-edge.ts'
import { drawnLines, linesIn } from '../../../bridge-server/annotate/straight-lines.ts'
import type { Rgba, Tensor } from '../../../bridge-server/image/pixels.ts'

const tensor = (dims: readonly number[], value: (i: number) => number): Tensor => ({
  dims: [...dims],
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => value(i))
})

const white = (width: number, height: number): Rgba => ({
  ...{ width, height },
  data: new Uint8ClampedArray(4 * width * height).fill(255)
})

const colourAt = ({ width, data }: Rgba, x: number, y: number): number[] => [
  ...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)
]

describe('depth', () => {
  const ramp = tensor([1, 1, 4, 8], (i) => i % 8)

  test('is stretched to the picture’s size and to all grey levels, near is bright', async () => {
    const map = await makeMap(white(32, 16), { annotator: 'depth' }, () =>
      Promise.resolve(() => Promise.resolve([{ ...ramp, dims: [1, 4, 8] }]))
    )
    expect([map.width, map.height]).toEqual([32, 16])
    expect([map.data[0], map.data[31]]).toEqual([0, 255])
  })

  test('a flat surface faces whoever looks, and so does the background', () => {
    const settings = { strength: 5, background: 0.1 }
    const flat = normalsOf(
      tensor([1, 1, 3, 3], () => 0.5),
      settings
    )
    expect(colourAt(flat, 1, 1)).toEqual([128, 128, 255])
    const far = normalsOf(
      tensor([1, 1, 3, 3], (i) => (i % 3) / 100),
      settings
    )
    expect(colourAt(far, 1, 1)).toEqual([128, 128, 255])
  })

  test.each([
    ['nearer to the right faces left', (i: number) => (i % 9) / 8, [255, 128]],
    ['nearer to the left faces right', (i: number) => 1 - (i % 9) / 8, [0, 128]],
    ['nearer below faces up', (i: number) => Math.floor(i / 9) / 8, [128, 255]]
  ] as const)('what is %s', (_, value, [red, green]) => {
    const [r, g, b] = colourAt(normalsOf(tensor([1, 1, 9, 9], value), { strength: 20, background: 0 }), 4, 4)
    expect(Math.abs(r! - red)).toBeLessThan(3)
    expect(Math.abs(g! - green)).toBeLessThan(3)
    expect(b).toBeGreaterThan(127)
  })

  test('a slope is as long as it is wide: one depth unit over the picture is 45° at strength 1', () => {
    const side = 65
    const [r, , b] = colourAt(
      normalsOf(
        tensor([1, 1, side, side], (i) => (i % side) / side),
        { strength: 1, background: 0 }
      ),
      ...([32, 32] as const)
    )
    const diagonal = 127.5 + 127.5 * Math.SQRT1_2
    expect(Math.abs(r! - diagonal)).toBeLessThanOrEqual(1)
    expect(Math.abs(b! - diagonal)).toBeLessThanOrEqual(1)
  })
})

test('soft edges are grey levels, or few of them', () => {
  const edges = tensor([1, 1, 1, 5], (i) => i / 4)
  expect([...edgeLevels(edges, 0).data]).toEqual([0, 63, 127, 191, 255])
  expect([...edgeLevels(edges, 2).data]).toEqual([0, 0, 127, 255, 255])
})

describe('straight lines', () => {
  /** A map of 16 × 12 with the middle of a line at 8, 6, from (−4, −2) to (4, 2) beside it. */
  const oneLine = (logit: number): Tensor =>
    tensor([1, 9, 12, 16], (i) => {
      const [channel, at] = [Math.floor(i / 192), i % 192]
      if (channel === 0) return at === 6 * 16 + 8 ? logit : -20
      return at === 6 * 16 + 8 ? ([-4, -2, 4, 2][channel - 1] ?? 0) : 0
    })

  test('are found from their middle', () => {
    expect(linesIn(oneLine(3), { score: 0.1, length: 1 })).toEqual([[4 / 16, 4 / 12, 12 / 16, 8 / 12]])
  })

  test('that are unlikely or short are none', () => {
    expect(linesIn(oneLine(-3), { score: 0.1, length: 1 })).toEqual([])
    expect(linesIn(oneLine(3), { score: 0.1, length: 9 })).toEqual([])
  })

  test('of two middles beside each other the likelier counts', () => {
    const two = oneLine(3)
    two.data[6 * 16 + 9] = 4
    two.data[192 + 6 * 16 + 9] = -7
    expect(linesIn(two, { score: 0.1, length: 1 })).toEqual([[2 / 16, 0.5, 9 / 16, 0.5]])
  })

  test('are drawn without gaps, and cut at the border', () => {
    const { data } = drawnLines([[-0.5, 0.5, 1.5, 0.5]], { width: 10, height: 8 })
    expect([...data].filter((value) => value === 255).length).toBe(10)
    expect(data.slice(40, 50).every((value) => value === 255)).toBe(true)
  })
})

describe('bodies', () => {
  /** A person of 18 parts whose middle is `x`; the network's maps of them, 40 × 30 numbers. */
  const person = (x: number): readonly Peak[] => {
    const offsets = [
      ...[
        [0, 40],
        [0, 70],
        [-20, 70],
        [-30, 100],
        [-35, 130],
        [20, 70],
        [30, 100],
        [35, 130]
      ],
      ...[
        [-12, 140],
        [-14, 175],
        [-15, 210],
        [12, 140],
        [14, 175],
        [15, 210]
      ],
      ...[
        [-5, 35],
        [5, 35],
        [-10, 38],
        [10, 38]
      ]
    ]
    return offsets.map(([dx = 0, y = 0]) => ({ x: x + dx, y, score: 1 }))
  }
  const size = { width: 320, height: 240 }

  /** Part affinity fields that point along each limb of each person, and are 0 elsewhere. */
  function fieldsOf(people: readonly (readonly Peak[])[]): Tensor {
    const fields = tensor([1, 38, 30, 40], () => 0)
    for (const parts of people)
      for (const { from, to, field } of limbs) {
        const [a, b] = [parts[from]!, parts[to]!]
        const length = Math.hypot(b.x - a.x, b.y - a.y)
        for (let k = 0; k <= 400; k++) {
          const x = a.x + ((b.x - a.x) * (k >> 2)) / 100 + 4 * (k % 2) - 2
          const y = a.y + ((b.y - a.y) * (k >> 2)) / 100 + 4 * ((k >> 1) % 2) - 2
          const at = Math.round(y / 8 - 0.5) * 40 + Math.round(x / 8 - 0.5)
          fields.data[field * 1200 + at] = (b.x - a.x) / length
          fields.data[(field + 1) * 1200 + at] = (b.y - a.y) / length
        }
      }
    return fields
  }

  const peaksOf = (people: readonly (readonly Peak[])[]) =>
    partNames.map((_, part) => people.map((parts) => parts[part]!))

  test('two people are two people, each with all of their own parts', () => {
    const [left, right] = [person(80), person(230)]
    const found = peopleIn(peaksOf([left, right]), fieldsOf([left, right]), size.height)
    expect(found).toHaveLength(2)
    for (const parts of found) expect(parts).toEqual(parts[0] === left[0] ? left : right)
  })

  test('who is seen in part is drawn in part, and a lone limb is nobody', () => {
    const whole = person(150)
    const upper = peaksOf([whole]).map((list, part) => (part >= 8 && part <= 13 ? [] : list))
    const [half] = peopleIn(upper, fieldsOf([whole]), size.height)
    expect(half?.filter((part) => part !== null)).toHaveLength(12)
    const arm = peaksOf([whole]).map((list, part) => (part === 3 || part === 4 ? list : []))
    expect(peopleIn(arm, fieldsOf([whole]), size.height)).toEqual([])
  })

  test('without a field between them two peaks are no limb', () => {
    expect(peopleIn(peaksOf([person(150)]), fieldsOf([]), size.height)).toEqual([])
  })

  test('a peak is found within a pixel or two of where a smooth map has its top', () => {
    const [px, py] = [101, 77]
    const map = tensor([1, 19, 30, 40], (i) => {
      const [u, v] = [i % 40, Math.floor(i / 40) % 30]
      const [dx, dy] = [8 * (u + 0.5) - 0.5 - px, 8 * (v + 0.5) - 0.5 - py]
      return Math.floor(i / 1200) === 4 ? Math.exp(-(dx * dx + dy * dy) / 450) : 0
    })
    const peaks = peaksIn(map, size)
    expect(peaks.map((list) => list.length)).toEqual(partNames.map((_, part) => (part === 4 ? 1 : 0)))
    expect(Math.hypot(peaks[4]![0]!.x - px, peaks[4]![0]!.y - py)).toBeLessThan(2)
  })

  test('joints have their colour, limbs 0.6 of it, the rest is black', () => {
    const parts = person(256)
    const map = drawnPeople([parts], { width: 512, height: 512 })
    for (const [i, { x, y }] of parts.entries()) {
      // The eyes and the nose lie over one another; the last drawn is seen.
      if (i < 14 && i > 0) expect(colourAt(map, x, y), partNames[i]).toEqual(poseColours[i])
    }
    const [knee, ankle] = [parts[9]!, parts[10]!]
    expect(colourAt(map, Math.round((knee.x + ankle.x) / 2), Math.round((knee.y + ankle.y) / 2))).toEqual([
      0, 153, 102
    ])
    expect(colourAt(map, 10, 10)).toEqual([0, 0, 0])
    expect(map.data[3]).toBe(255)
  })
})
