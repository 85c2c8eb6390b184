import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { decodePicture } from '../../../bridge-server/image/codec.ts'
import { correctColors } from '../../../bridge-server/image/color-correction.ts'
import type { Rgba } from '../../../bridge-server/image/pixels.ts'
import { patterned } from '../../support/sdapi.ts'

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/color-correction')

test.each(['warm', 'dark'])('%s: the levels of OpenCV, scikit-image and blendmodes', async (name) => {
  const read = (part: string): Promise<Rgba> =>
    decodePicture(readFileSync(path.join(fixtures, `${name}-${part}.png`)))
  const [made, target, expected] = [await read('made'), await read('target'), await read('expected')]
  const { data } = correctColors(made, target)
  const off = [...data].map((value, i) => Math.abs(value - (expected.data[i] ?? NaN)))
  // A level is cut off and not rounded, so that the last bit of a sum may decide it.
  expect(Math.max(...off)).toBeLessThanOrEqual(1)
  expect(off.filter((each) => each > 0).length / off.length).toBeLessThan(0.01)
})

test('a picture keeps its luminosity, to a level, and its opacity', () => {
  const made = { ...patterned(32, 24), data: patterned(32, 24).data.map((value) => value ^ 85) }
  const { data } = correctColors(made, patterned(16, 16, 3))
  for (let i = 0; i < data.length; i += 4) {
    const luminosity = (from: Uint8ClampedArray): number =>
      0.299 * (from[i] ?? NaN) + 0.587 * (from[i + 1] ?? NaN) + 0.114 * (from[i + 2] ?? NaN)
    expect(Math.abs(luminosity(data) - luminosity(made.data))).toBeLessThan(1 + 1e-9)
    expect(data[i + 3]).toBe(made.data[i + 3])
  }
})
