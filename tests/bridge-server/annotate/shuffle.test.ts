import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { shuffled } from '../../../bridge-server/annotate/shuffle.ts'
import { largestDifference } from '../../support/numbers.ts'

interface Recorded {
  readonly width: number
  readonly height: number
  readonly swirl: number
  readonly seed: number
  readonly picture: string
  readonly shuffled: string
}

const file = path.resolve(import.meta.dirname, '../../fixtures/shuffle/shuffle.json')
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded
const { width, height, swirl, seed } = recorded

/** Three bytes a pixel, as OpenCV has them, with alpha. */
const opaque = (hex: string): Uint8ClampedArray => {
  const bytes = Buffer.from(hex, 'hex')
  return Uint8ClampedArray.from({ length: (bytes.length / 3) * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : bytes[3 * (i >> 2) + (i % 4)]!
  )
}
const picture = { width, height, data: opaque(recorded.picture) }

// OpenCV's remap rounds places to 1/32 of a pixel, and colours here differ by up to six levels a pixel.
test('a picture is stirred as ControlNet does with numpy and OpenCV, within a level', () => {
  expect(
    largestDifference(shuffled(picture, swirl, seed).data, opaque(recorded.shuffled))
  ).toBeLessThanOrEqual(1)
})

test('another seed stirs otherwise', () => {
  expect(shuffled(picture, swirl, seed + 1).data).not.toEqual(shuffled(picture, swirl, seed).data)
})
