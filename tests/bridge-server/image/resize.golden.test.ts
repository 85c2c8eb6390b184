import { describe, expect, test } from 'vitest'
import { resizeGray, resizeRgba, resizeTensor } from '../../../bridge-server/image/resize.ts'
import { grayToTensor, tensorToGray } from '../../../bridge-server/image/tensor-pixels.ts'
import { largestDifference } from '../../support/numbers.ts'
import { goldenGray, goldenPicture, imageGolden } from './golden-image.ts'

describe('resizing equals Pillow to the bit', () => {
  test.each(imageGolden.resize.cases)(
    '$result',
    async ({ source, filter, size: [width, height], result }) => {
      if (result.startsWith('L-')) {
        const resized = resizeGray(await goldenGray(source), { width, height }, filter)
        expect(resized).toEqual(await goldenGray(result))
      } else {
        const resized = resizeRgba(await goldenPicture(source), { width, height }, filter)
        expect(resized).toEqual(await goldenPicture(result))
      }
    }
  )
})

test('a tensor is resized by the same filters; only the rounding between the passes is missing', async () => {
  const { source, filter, result } = imageGolden.resize.cases.find(
    ({ result }) => result === 'L-18x14-bicubic.png'
  )!
  if (filter === 'nearest') throw new Error('the case is not as expected')
  const resized = resizeTensor(grayToTensor(await goldenGray(source)), { width: 18, height: 14 }, filter)
  expect(largestDifference(tensorToGray(resized).data, (await goldenGray(result)).data)).toBeLessThanOrEqual(
    1
  )
})

test('a picture of one colour keeps it, whatever the size', () => {
  const data = new Uint8ClampedArray(4 * 7 * 5).map((_, i) => [13, 200, 77, 255][i % 4]!)
  for (const filter of ['box', 'bilinear', 'bicubic', 'lanczos'] as const) {
    const { data: resized } = resizeRgba({ width: 7, height: 5, data }, { width: 19, height: 3 }, filter)
    expect(resized.every((value, i) => value === data[i % 4])).toBe(true)
  }
})
