import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { decodePicture } from '../../../bridge-server/image/codec.ts'
import { haar, unhaar } from '../../../bridge-server/image/haar.ts'
import { largestSingular } from '../../../bridge-server/image/singular.ts'
import {
  bitsOf,
  readBits,
  readWatermark,
  writeWatermark,
  type WatermarkMethod
} from '../../../bridge-server/image/watermark.ts'
import { findGolden } from '../../support/golden.ts'

interface Golden {
  readonly message: string
  readonly cases: readonly {
    readonly method: WatermarkMethod
    readonly input: string
    readonly output: string
    readonly robustness: readonly { readonly attack: string; readonly decoded_hex: string }[]
  }[]
}

const folder = findGolden('watermark')
const golden =
  folder === null ? null : (JSON.parse(readFileSync(path.join(folder, 'watermark.json'), 'utf8')) as Golden)
if (golden === null) process.stderr.write('SKIPPED: the golden watermarks are not here\n')

const picture = (name: string) => decodePicture(readFileSync(path.join(folder!, name)))
const hexOf = (bits: readonly number[]): string =>
  Array.from({ length: bits.length / 8 }, (_, i) =>
    parseInt(bits.slice(8 * i, 8 * i + 8).join(''), 2)
      .toString(16)
      .padStart(2, '0')
  ).join('')

for (const { method, input, output, robustness } of golden?.cases ?? []) {
  it(`writes ${method} into ${input} as the library does, byte for byte`, async () => {
    const marked = writeWatermark(await picture(input), golden!.message, method)
    const expected = await picture(output)
    let [different, largest] = [0, 0]
    marked.data.forEach((value, i) => {
      const difference = Math.abs(value - expected.data[i]!)
      if (difference > 0) different++
      largest = Math.max(largest, difference)
    })
    // A rotation and an SVD of LAPACK may end on different sides of a truncation: one level of U is at most 3 of blue.
    if (method === 'dwtDct') expect(different).toBe(0)
    else expect([largest <= 3, different / marked.data.length < 1e-4]).toEqual([true, true])
  })

  it(`reads ${method} from ${output} to the bits that the library reads, right or wrong`, async () => {
    const expected = robustness.find(({ attack }) => attack === 'none')!.decoded_hex
    const bits = readBits(await picture(output), bitsOf(golden!.message).length, method)
    expect(hexOf(bits)).toBe(expected)
  })

  it(`tells ${output} from ${input}`, async () => {
    expect(readWatermark(await picture(input))).toBeNull()
    const found = readWatermark(await picture(output))
    // dwtDct does not survive its own rounding on smooth pictures, in the library either.
    if (method === 'dwtDctSvd') expect(found).toMatchObject({ method, text: golden!.message, wrongBits: 0 })
    else if (output.includes('640x384')) expect(found).toMatchObject({ method, text: golden!.message })
  })
}

const noisy = (width: number, height: number) => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) =>
    i % 4 === 3 ? 200 : 90 + (((i * 2654435761) >>> 9) % 70)
  )
})

// Only the second can be promised: dwtDct does not survive its own rounding in every picture, in the library neither.
it('reads back what it wrote by dwtDctSvd', () => {
  const marked = writeWatermark(noisy(301, 270), 'StableDiffusionV1', 'dwtDctSvd')
  expect(readWatermark(marked)).toMatchObject({ method: 'dwtDctSvd', text: 'StableDiffusionV1' })
})

it.each(['dwtDct', 'dwtDctSvd'] as const)('leaves alpha alone by %s', (method) => {
  const marked = writeWatermark(noisy(301, 270), 'StableDiffusionV1', method)
  expect(marked.data.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 200)).toBe(true)
})

it('refuses small pictures, and finds nothing in them', () => {
  expect(() => writeWatermark(noisy(255, 256), 'x', 'dwtDct')).toThrow(/255 × 256/)
  expect(readWatermark(noisy(64, 64))).toBeNull()
})

it('inverts the Haar transform', () => {
  const data = Float64Array.from({ length: 8 * 6 }, (_, i) => (i * 37) % 101)
  const back = unhaar(haar({ width: 8, height: 6, data }))
  back.data.forEach((value, i) => expect(value).toBeCloseTo(data[i]!, 10))
})

it('finds the singular value that no direction exceeds', () => {
  const a = Array.from({ length: 16 }, (_, i) => Math.sin(i * 1.7) * 50)
  const { value, left, right } = largestSingular(a)
  expect(Math.hypot(...left)).toBeCloseTo(1, 12)
  const image = Array.from({ length: 4 }, (_, r) => right.reduce((sum, x, c) => sum + a[4 * r + c]! * x, 0))
  image.forEach((x, i) => expect(x).toBeCloseTo(value * left[i]!, 9))
  for (let k = 0; k < 100; k++) {
    const x = Array.from({ length: 4 }, (_, i) => Math.sin(k * 3.1 + i * (k + 1)))
    const y = Array.from({ length: 4 }, (_, r) => x.reduce((sum, part, c) => sum + a[4 * r + c]! * part, 0))
    expect(Math.hypot(...y)).toBeLessThanOrEqual(value * Math.hypot(...x) + 1e-9)
  }
})
