import { describe, expect, test } from 'vitest'
import {
  limitsOf,
  preferredLimits,
  workingSizes,
  type SizeLimits
} from '../../../bridge-server/pipeline/working-size.ts'
import { imageGolden, type WorkingSizeCase } from '../image/golden-image.ts'

const families: Record<WorkingSizeCase['options']['family'], SizeLimits> = {
  sd15: limitsOf({ family: 'sd1', nativeSize: 512 }),
  sdxl: limitsOf({ family: 'sdxl', nativeSize: 1024 }),
  flux: { minSide: 640, maxSide: 1280, minPixels: 512 ** 2, maxPixels: 1024 ** 2 }
}

const sized = ([width, height]: readonly [number, number]) => ({ width, height })

describe('working sizes equal the published and the recorded vectors', () => {
  test.each(imageGolden.working_sizes.cases)('$extent $options', ({ extent, options, ...expected }) => {
    const limits =
      options.preferred === undefined ? families[options.family] : preferredLimits(options.preferred)
    const sizes = workingSizes(sized(extent), limits, {
      ...(options.multiplier === undefined ? {} : { multiplier: options.multiplier }),
      ...(options.max_megapixels === undefined ? {} : { maxMegapixels: options.max_megapixels }),
      ...(options.downscale === undefined ? {} : { downscale: options.downscale })
    })
    expect(sizes).toEqual({
      input: sized(expected.input),
      initial: sized(expected.initial),
      desired: sized(expected.desired),
      target: sized(expected.target)
    })
  })
})

test('the limits scale with the model: a small one works at the same sizes, only smaller', () => {
  const small = limitsOf({ family: 'sd1', nativeSize: 128 })
  expect(small).toEqual({ minSide: 128, maxSide: 192, minPixels: 128 ** 2, maxPixels: 128 * 192 })
  expect(workingSizes({ width: 64, height: 64 }, small).initial).toEqual({ width: 128, height: 128 })
  expect(workingSizes({ width: 512, height: 512 }, small).initial).toEqual({ width: 160, height: 160 })
})
