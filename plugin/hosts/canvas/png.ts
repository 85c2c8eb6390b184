import { pngChunk, pngSignature, pngTextChunk } from '#image/png-chunks.ts'
import type { RgbaImage } from '../host.ts'

/**
 * A PNG (ISO/IEC 15948) with exactly these bytes. A browser's own encoder goes through premultiplied colours and so
 * changes those of half-transparent pixels. `texts` are written by their keywords.
 */
export async function encodePng(
  { width, height, data }: RgbaImage,
  texts: Readonly<Record<string, string>> = {}
): Promise<Blob> {
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  // 8 bits a channel, RGBA, the only compression and filter methods, no interlacing.
  header.set([8, 6, 0, 0, 0], 8)
  const compressed = new Blob([filteredRows({ width, height, data })]).stream()
  const body = await new Response(compressed.pipeThrough(new CompressionStream('deflate'))).arrayBuffer()
  const chunks = [
    pngChunk('IHDR', header),
    ...Object.entries(texts).map(([keyword, text]) => pngTextChunk(keyword, text)),
    pngChunk('IDAT', new Uint8Array(body)),
    pngChunk('IEND', new Uint8Array())
  ]
  return new Blob([Uint8Array.from(pngSignature), ...chunks], { type: 'image/png' })
}

const filterSub = 1
const filterUp = 2

/** Every row as its difference from the row above (the first: from the pixel at the left), which compresses well. */
function filteredRows({ width, height, data }: RgbaImage): Uint8Array<ArrayBuffer> {
  const stride = width * 4
  const rows = new Uint8Array((stride + 1) * height)
  for (let y = 0; y < height; y++) {
    const to = y * (stride + 1)
    rows[to] = y === 0 ? filterSub : filterUp
    const back = y === 0 ? 4 : stride
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x
      rows[to + 1 + x] = data[at]! - (y === 0 && x < 4 ? 0 : data[at - back]!)
    }
  }
  return rows
}
