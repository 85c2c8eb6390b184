import sharp from 'sharp'
import { expect, test } from 'vitest'
import { pictureTexts } from '../../../bridge-server/image/codec.ts'
import { exifComment } from '../../../bridge-server/image/exif-comment.ts'
import { pngChunk, pngHeaderBytes } from '../../../bridge-server/image/png-chunks.ts'
import { readMaking } from '../../../plugin/hosts/canvas/picture-text.ts'
import { exifWith, jpegWithExif, webpWithExif } from '../../support/exif.ts'

const text =
  'a castle, größer\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 8x8'
const white = () => sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
const withExif: readonly (readonly [string, (exif: Buffer) => Promise<Buffer>])[] = [
  ['JPEG', async (exif) => jpegWithExif(await white().jpeg().toBuffer(), exif)],
  ['WebP', async (exif) => webpWithExif(await white().webp().toBuffer(), exif)],
  [
    'PNG',
    async (exif) => {
      const png = await white().png().toBuffer()
      const chunk = pngChunk('eXIf', exif.subarray(6))
      return Buffer.concat([png.subarray(0, pngHeaderBytes), chunk, png.subarray(pngHeaderBytes)])
    }
  ]
]

test.each(withExif)('%s: server and canvas read what a picture says of itself', async (_name, write) => {
  const file = await write(exifWith(text))
  expect(await pictureTexts(file)).toEqual({ UserComment: text })
  expect(await readMaking(new Blob([new Uint8Array(file)]))).toEqual({
    parameters: text,
    source: 'trainedAlgorithmicMedia'
  })
})

test.each(withExif)('%s: a comment of a camera is no picture’s making', async (_name, write) => {
  const file = await write(exifWith('Taken at dawn: a castle'))
  expect(await readMaking(new Blob([new Uint8Array(file)]))).toBeNull()
})

test.each(['jpeg', 'webp'] as const)('%s: what another library wrote', async (format) => {
  const file = await white()
    .withExif({ IFD2: { UserComment: 'a dog\nSteps: 3, Sampler: LMS, Seed: 7' } })
    .toFormat(format)
    .toBuffer()
  expect(exifComment(file)).toBe('a dog\nSteps: 3, Sampler: LMS, Seed: 7')
})

test.each(withExif)(
  '%s: cut off anywhere, or with any byte changed, it says something or nothing',
  async (_name, write) => {
    const file = await write(exifWith(text))
    for (let at = 0; at < file.length; at++) {
      exifComment(file.subarray(0, at))
      exifComment(file.with(at, 255 - file[at]!))
    }
  }
)
