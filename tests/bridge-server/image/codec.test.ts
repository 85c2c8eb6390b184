import { crc32 } from 'node:zlib'
import sharp from 'sharp'
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

  /** Small pictures whose headers are then made to promise 60,000 pixels a side, and 16,384, the most that WebP can say. */
  const bombs: Readonly<Record<string, (bytes: Buffer) => void>> = {
    png(bytes) {
      bytes.writeUInt32BE(60_000, 16)
      bytes.writeUInt32BE(60_000, 20)
      bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29)
    },
    jpeg(bytes) {
      const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]))
      bytes.writeUInt16BE(60_000, frame + 5)
      bytes.writeUInt16BE(60_000, frame + 7)
    },
    webp(bytes) {
      // VP8L: a byte of signature, then width − 1 and height − 1 in 14 bits each.
      bytes.writeUInt32LE(0x0fffffff, bytes.indexOf('VP8L') + 9)
    }
  }

  test.each(Object.entries(bombs))('a %s that would unpack to gigabytes', async (format, promise) => {
    const small = sharp(image.data, { raw: { width: 3, height: 2, channels: 4 } })
    const bytes = await small.toFormat(format as 'png', { lossless: true }).toBuffer()
    promise(bytes)
    const before = process.memoryUsage().rss
    await expect(decodePicture(bytes)).rejects.toMatchObject({
      // Of JPEG and WebP the library looks first whether the rest agrees with the header.
      code:
        format === 'png' ? 'too-large' : (expect.stringMatching(/^(too-large|picture-unreadable)$/) as string)
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20)
  })

  test.each([
    [
      'svg',
      '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><svg>&b;</svg>'
    ],
    ['gif', 'GIF89a'],
    ['avif', '\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf'],
    ['heif', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
    ['pdf', '%PDF-1.7'],
    ['tiff', 'II*\0']
  ])('%s is known by its first bytes, and its decoder never sees it', async (format, bytes) => {
    await expect(decodePicture(Buffer.from(bytes, 'latin1'))).rejects.toMatchObject({
      code: 'picture-unreadable',
      message: `The picture is in the format ${format}.`
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
