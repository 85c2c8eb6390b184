import { inflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { maxEdge, sizeProblem } from '../../../../plugin/hosts/canvas/limits.ts'
import { readPictureHeader } from '../../../../plugin/hosts/canvas/picture-header.ts'
import { encodePng } from '../../../../plugin/hosts/canvas/png.ts'
import { digest, noiseImage } from './pictures.ts'

const picture = noiseImage(37, 23, 1)
const raw = { raw: { width: 37, height: 23, channels: 4 as const } }

describe('the PNG encoder', () => {
  it('keeps every byte, also of half and wholly transparent pixels', async () => {
    const png = Buffer.from(await (await encodePng(picture)).arrayBuffer())
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true })
    expect(info).toMatchObject({ width: 37, height: 23, channels: 4 })
    expect(digest(data)).toBe(digest(picture.data))
  })

  it('writes one filter byte a row', async () => {
    const png = Buffer.from(await (await encodePng(picture)).arrayBuffer())
    const start = png.indexOf('IDAT')
    const rows = inflateSync(png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)))
    expect(rows.length).toBe((37 * 4 + 1) * 23)
  })
})

describe('the header reader', () => {
  const read = (bytes: Buffer) => readPictureHeader(new Uint8Array(bytes))
  it.each([
    ['PNG', 'image/png', () => sharp(picture.data, raw).png()],
    ['JPEG', 'image/jpeg', () => sharp(picture.data, raw).jpeg()],
    ['progressive JPEG', 'image/jpeg', () => sharp(picture.data, raw).jpeg({ progressive: true })],
    ['lossy WebP with alpha', 'image/webp', () => sharp(picture.data, raw).webp()],
    ['lossy WebP', 'image/webp', () => sharp(picture.data, raw).removeAlpha().webp()],
    ['lossless WebP', 'image/webp', () => sharp(picture.data, raw).webp({ lossless: true })]
  ])('tells type and size of a %s', async (_, type, encoded) => {
    expect(read(await encoded().toBuffer())).toEqual({ type, width: 37, height: 23 })
  })

  it('knows nothing else, and nothing that is cut off in its header', async () => {
    expect(read(Buffer.from('GIF89a, which is none of them'))).toBeNull()
    expect(read(Buffer.alloc(0))).toBeNull()
    expect(read((await sharp(picture.data, raw).png().toBuffer()).subarray(0, 18))).toBeNull()
    expect(read((await sharp(picture.data, raw).jpeg().toBuffer()).subarray(0, 40))).toBeNull()
  })
})

describe('limits', () => {
  it('say what is too large, with the numbers', () => {
    expect(sizeProblem({ width: maxEdge, height: 6000 })).toBeNull()
    expect(sizeProblem({ width: 30_000, height: 10 })).toMatch(/30000 × 10 pixels.*16384/)
    expect(sizeProblem({ width: 16_000, height: 16_000 })).toMatch(/256\.0 megapixels.*134\.2/)
    expect(sizeProblem({ width: 0, height: 10 })).toMatch(/at least 1 pixel/)
  })
})
