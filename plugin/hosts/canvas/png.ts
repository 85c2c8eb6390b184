import type { RgbaImage } from '../host.ts'

/**
 * A PNG (ISO/IEC 15948) with exactly these bytes. A browser's own encoder goes through premultiplied colours and so
 * changes those of half-transparent pixels.
 */
export async function encodePng({ width, height, data }: RgbaImage): Promise<Blob> {
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  // 8 bits a channel, RGBA, the only compression and filter methods, no interlacing.
  header.set([8, 6, 0, 0, 0], 8)
  const compressed = new Blob([filteredRows({ width, height, data })]).stream()
  const body = await new Response(compressed.pipeThrough(new CompressionStream('deflate'))).arrayBuffer()
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
  const chunks = [chunk('IHDR', header), chunk('IDAT', new Uint8Array(body)), chunk('IEND', new Uint8Array())]
  return new Blob([signature, ...chunks], { type: 'image/png' })
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

function chunk(type: string, body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(body.length + 12)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, body.length)
  for (let at = 0; at < 4; at++) bytes[4 + at] = type.charCodeAt(at)
  bytes.set(body, 8)
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)))
  return bytes
}

/** ISO/IEC 15948, annex D. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})
