import { describe, expect, test } from 'vitest'
import type { Gray, Rgba } from '../../../bridge-server/image/pixels.ts'
import { sceneOf } from '../../../bridge-server/pipeline/scene.ts'
import type { Fill, GenerateRequest } from '../../../bridge-server/protocol/request.ts'

const size = { width: 96, height: 96 }

const requestOf = (changes: Partial<GenerateRequest> = {}): GenerateRequest => ({
  mode: 'inpaint',
  model: 'any',
  prompt: '',
  negativePrompt: '',
  documentId: 'document',
  canvas: size,
  area: { x: 0, y: 0, ...size },
  strength: 1,
  sampling: { sampler: 'euler', schedule: 'normal', steps: 4, guidance: 3, seed: 5 },
  count: 1,
  workingSize: null,
  ...changes
})

const paint = (colour: (x: number, y: number) => number): Rgba => ({
  ...size,
  data: Uint8ClampedArray.from({ length: 4 * 96 * 96 }, (_, i) =>
    i % 4 === 3 ? 255 : colour((i >> 2) % 96, Math.floor((i >> 2) / 96))
  )
})

/** Columns 40…55 of all rows. */
const selection: Gray = {
  ...size,
  data: Uint8Array.from({ length: 96 * 96 }, (_, i) => (i % 96 >= 40 && i % 96 < 56 ? 255 : 0))
}

const filled = (snapshot: Rgba, changes: Partial<GenerateRequest> = {}): Rgba =>
  sceneOf(requestOf(changes), { snapshot, selection }).picture!

const row = ({ data }: Rgba): number[] => Array.from({ length: 96 }, (_, x) => data[4 * (48 * 96 + x)]!)

/** Dark to the left, bright in the selection, mid to the right. */
const object = paint((x) => (x >= 42 && x < 54 ? 250 : 60))
const fills: readonly Fill[] = ['none', 'blur', 'border', 'inpaint', 'neutral', 'hard-neutral']

describe('a fill', () => {
  test.each(fills)('leaves what is not selected as it was, to the byte: %s', (fill) => {
    const values = row(filled(object, { fill }))
    for (const x of [0, 20, 33, 62, 80, 95]) expect(values[x], `column ${x}`).toBe(60)
  })

  test.each(['none', 'blur', 'border', 'inpaint'] as const)('of one colour is that colour: %s', (fill) => {
    const plain = paint(() => 90)
    expect(filled(plain, { fill })).toEqual(plain)
  })

  test('that is not said is the blur for inpaint at full strength, and none below', () => {
    expect(filled(object)).toEqual(filled(object, { fill: 'blur' }))
    expect(filled(object, { strength: 0.9 })).toEqual(object)
    expect(filled(object, { strength: 0.9, fill: 'neutral' })).not.toEqual(object)
  })

  test('none is the snapshot', () => {
    expect(filled(object, { fill: 'none' })).toEqual(object)
  })

  test('neutral is mid grey in the middle', () => {
    expect([127, 128]).toContain(row(filled(object, { fill: 'neutral' }))[48])
  })

  test('hard-neutral is mid grey wherever the selection was grown to, and neutral sets in softly', () => {
    const [hard, soft] = [
      row(filled(object, { fill: 'hard-neutral' })),
      row(filled(object, { fill: 'neutral' }))
    ]
    const edge = hard.findIndex((value) => value !== 60)
    expect(edge).toBe(36)
    expect(new Set(hard.slice(edge, 60))).toEqual(new Set([128]))
    expect(soft[edge]! - 60).toBeLessThan(20)
  })

  test('inpaint takes away what was selected', () => {
    expect(filled(object, { fill: 'inpaint' })).toEqual(paint(() => 60))
  })

  test('from the border knows nothing of what was there', () => {
    expect(row(filled(object, { fill: 'border' }))[48]).toBe(60)
    expect(row(filled(object, { fill: 'blur' }))[48]).toBeGreaterThan(80)
  })

  test('from the border continues a gradient within two grey levels', () => {
    const values = row(
      filled(
        paint((x) => 20 + 2 * x),
        { fill: 'border' }
      )
    )
    values.forEach((value, x) => expect(Math.abs(value - (20 + 2 * x)), `column ${x}`).toBeLessThanOrEqual(2))
  })
})
