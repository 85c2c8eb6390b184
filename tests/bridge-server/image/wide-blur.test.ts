import { expect, test } from 'vitest'
import { gaussianPlane } from '../../../bridge-server/image/blur.ts'
import { wideBlur } from '../../../bridge-server/image/wide-blur.ts'
import { largestDifference } from '../../support/numbers.ts'

const size = { width: 203, height: 97 }
const paint = (value: (x: number, y: number) => number): Float32Array =>
  Float32Array.from({ length: 203 * 97 }, (_, i) => value(i % 203, Math.floor(i / 203)))

/** The worst there is: black against white, along straight and crossing edges. */
const checks = paint((x, y) => (x < 80 !== y < 41 ? 255 : 0))
const noise = paint((x, y) => (x * 7919 + y * 104_729 + ((x * y) >> 3)) % 256)

test.each([
  [{ radius: 18, sigma: 6 }, 1],
  [{ radius: 40, sigma: 13 }, 1],
  [{ radius: 120, sigma: 40 }, 1],
  // Cut off at less than two deviations; differs most where black and white cross.
  [{ radius: 32, sigma: 20 }, 1.5]
])('a wide blur is the Gaussian within a grey level, at borders too: %o', (kernel, tolerance) => {
  for (const plane of [checks, noise])
    expect(largestDifference(wideBlur(plane, size, kernel), gaussianPlane(plane, size, kernel))).toBeLessThan(
      tolerance
    )
})

test('a narrow one is the Gaussian itself, and one value stays', () => {
  const kernel = { radius: 6, sigma: 2 }
  expect(wideBlur(noise, size, kernel)).toEqual(gaussianPlane(noise, size, kernel))
  const flat = paint(() => 77)
  expect(largestDifference(wideBlur(flat, size, { radius: 60, sigma: 20 }), flat)).toBeLessThan(1e-4)
})
