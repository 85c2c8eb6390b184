import type { ImageRef } from '#protocol/images.ts'
import { jpegUrl } from './data-url.ts'
import type { Modal } from './modal.ts'
import { messageOf } from './modal.ts'
import type { Imaging } from './photoshop-api.ts'

/** Longest side in pixels: sharp at 80 CSS pixels on a dense screen, and a few kilobytes. */
const SIDE = 160

/** A small picture of a result as a data URL. */
export async function thumbnailOf(
  imaging: Imaging,
  modal: Modal,
  pixels: Uint8Array,
  image: ImageRef
): Promise<string> {
  const scale = Math.min(1, SIDE / Math.max(image.width, image.height))
  const width = Math.max(1, Math.round(image.width * scale))
  const height = Math.max(1, Math.round(image.height * scale))
  const imageData = await imaging.createImageDataFromBuffer(averaged(pixels, image, width, height), {
    width,
    height,
    components: 3,
    colorSpace: 'RGB',
    colorProfile: 'sRGB IEC61966-2.1',
    chunky: true
  })
  const encode = () => imaging.encodeImageData({ imageData, base64: true })
  try {
    const base64 = await encode().catch((error: unknown) => {
      // Whether encoding needs a modal scope is not documented.
      if (!/modal scope/i.test(messageOf(error))) throw error
      return modal.run('Make thumbnail', Infinity, encode)
    })
    return jpegUrl(base64)
  } finally {
    imageData.dispose()
  }
}

/** Opaque RGB, each pixel the mean of those it stands for. */
function averaged(
  pixels: Uint8Array,
  { width, height, format }: ImageRef,
  toWidth: number,
  toHeight: number
): Uint8Array<ArrayBuffer> {
  const components = format === 'rgba8' ? 4 : 1
  const out = new Uint8Array(toWidth * toHeight * 3)
  const mean = (columns: Span, rows: Span, channel: number): number => {
    let sum = 0
    for (let row = rows[0]; row < rows[1]; row++)
      for (let column = columns[0]; column < columns[1]; column++)
        sum += pixels[(row * width + column) * components + channel]!
    return Math.round(sum / ((columns[1] - columns[0]) * (rows[1] - rows[0])))
  }
  for (let y = 0; y < toHeight; y++)
    for (let x = 0; x < toWidth; x++)
      for (let channel = 0; channel < 3; channel++)
        out[(y * toWidth + x) * 3 + channel] = mean(
          span(x, toWidth, width),
          span(y, toHeight, height),
          components === 1 ? 0 : channel
        )
  return out
}

type Span = readonly [from: number, to: number]

/** The source pixels of one of `to` equal parts of `from`; at least one. */
function span(at: number, to: number, from: number): Span {
  const start = Math.floor((at * from) / to)
  return [start, Math.max(start + 1, Math.floor(((at + 1) * from) / to))]
}
