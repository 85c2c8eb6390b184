import { describe, expect, test } from 'vitest'
import { decodePicture, encodePng } from '../../../bridge-server/image/codec.ts'
import { textFromPng } from './png-chunks.ts'
import { goldenPicture } from './golden-image.ts'

const image = {
  width: 3,
  height: 2,
  data: Uint8ClampedArray.from({ length: 24 }, (_, i) => (i * 53) % 256)
}

test('a PNG keeps every byte, also colours under transparent pixels', async () => {
  const data = image.data.map((value, i) => (i === 3 ? 0 : value))
  expect(await decodePicture(await encodePng({ ...image, data }))).toEqual({ ...image, data })
})

test('a mask becomes a grey PNG of the same values', async () => {
  const gray = { width: 3, height: 2, data: Uint8Array.from([0, 1, 127, 128, 254, 255]) }
  const png = await encodePng(gray)
  // Colour type 0 of the header is grey.
  expect([png[24], png[25]]).toEqual([8, 0])
  const { data } = await decodePicture(png)
  expect([...gray.data].every((value, i) => data[4 * i] === value && data[4 * i + 3] === 255)).toBe(true)
})

test('text travels in the PNG, Latin-1 as tEXt and any other as iTXt', async () => {
  const png = await encodePng(image, { parameters: 'a café\nSteps: 4', note: '雪の夜' })
  expect(textFromPng(png)).toEqual([
    { type: 'tEXt', keyword: 'parameters', text: 'a café\nSteps: 4' },
    { type: 'iTXt', keyword: 'note', text: '雪の夜' }
  ])
  expect(await decodePicture(png)).toEqual(image)
})

describe('what cannot be read is refused with a reason', () => {
  test.each([
    ['no picture', Buffer.from('hello, this is a letter')],
    ['nothing', new Uint8Array(0)]
  ])('%s', async (_, bytes) => {
    await expect(decodePicture(bytes)).rejects.toMatchObject({ code: 'picture-unreadable' })
  })

  test('a picture that is cut off', async () => {
    const { width, height } = await goldenPicture('source-RGB.png')
    const png = await encodePng({ width, height, data: new Uint8ClampedArray(4 * width * height).fill(99) })
    await expect(decodePicture(png.subarray(0, png.length - 30))).rejects.toMatchObject({
      code: 'picture-unreadable'
    })
  })

  test('another format', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    await expect(decodePicture(svg)).rejects.toMatchObject({
      code: 'picture-unreadable',
      message: expect.stringContaining('svg') as string
    })
  })

  test('a picture over the limits, by its header, with both numbers', async () => {
    const png = await encodePng(image)
    await expect(decodePicture(png, { side: 2, pixels: 100 })).rejects.toMatchObject({
      code: 'too-large',
      message: 'The picture has 3 × 2 pixels; at most 2 a side and 100 in all are taken.'
    })
  })
})
