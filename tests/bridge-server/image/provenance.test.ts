import { deflateSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { encodePng } from '../../../bridge-server/image/codec.ts'
import { markMade } from '../../../bridge-server/image/mark-made.ts'
import { pngChunk, pngHeaderBytes } from '../../../bridge-server/image/png-chunks.ts'
import { readText } from '../../../bridge-server/image/png-text.ts'
import { provenanceText, sourceIn, sourceOf } from '../../../bridge-server/image/provenance.ts'
import type { Mode } from '../../../bridge-server/protocol/request.ts'

const pixel = { width: 1, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255]) }

it.each<[Mode, string]>([
  ['txt2img', 'trainedAlgorithmicMedia'],
  ['img2img', 'compositeWithTrainedAlgorithmicMedia'],
  ['inpaint', 'compositeWithTrainedAlgorithmicMedia'],
  ['outpaint', 'compositeWithTrainedAlgorithmicMedia'],
  ['depth2img', 'compositeWithTrainedAlgorithmicMedia'],
  ['upscale', 'compositeWithTrainedAlgorithmicMedia']
])('says of %s that it is %s, and reads that back', async (mode, source) => {
  const png = await encodePng(pixel, provenanceText('a “cat” 🐈\nSteps: 3', sourceOf({ mode })))
  const text = readText(png)
  expect(text.parameters).toBe('a “cat” 🐈\nSteps: 3')
  expect(sourceIn(text)).toBe(source)
  const xmp = text['XML:com.adobe.xmp'] ?? ''
  expect(xmp).toContain(
    `Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/${source}"`
  )
  // Readers look for XMP in iTXt and nowhere else.
  expect(png.includes('iTXtXML:com.adobe.xmp\0')).toBe(true)
})

it('takes what only has the web UI’s words for a model’s, and what has none for nobody’s', () => {
  expect(sourceIn({ parameters: 'a cat\nSteps: 3' })).toBe('trainedAlgorithmicMedia')
  expect(sourceIn({ Software: 'a camera' })).toBeNull()
  expect(sourceIn({ 'XML:com.adobe.xmp': 'digitalsourcetype/digitalCapture' })).toBeNull()
})

it('leaves out of a PNG what unpacks to more than any prompt', async () => {
  const png = await encodePng(pixel, { fine: 'yes' })
  const bomb = pngChunk('zTXt', Buffer.concat([Buffer.from('bomb\0\0'), deflateSync(Buffer.alloc(64 << 20))]))
  const withBomb = Buffer.concat([png.subarray(0, pngHeaderBytes), bomb, png.subarray(pngHeaderBytes)])
  expect(readText(withBomb)).toEqual({ fine: 'yes' })
})

const size = { width: 320, height: 256 }
const before = {
  ...size,
  data: Uint8ClampedArray.from({ length: 4 * 320 * 256 }, (_, i) =>
    i % 4 === 3 ? 255 : 90 + (((i * 2654435761) >>> 9) % 70)
  )
}

const differing = (data: Uint8ClampedArray) => data.filter((value, i) => value !== before.data[i]).length

it('marks what a model made, and leaves every other byte of an edit alone', () => {
  const data = before.data.slice()
  for (let y = 0; y < 256; y++) for (let x = 160; x < 320; x++) data[4 * (y * 320 + x)]! += 20
  const marked = markMade({ ...size, data }, before)
  let [left, right] = [0, 0]
  marked.data.forEach((value, i) => {
    if (value === data[i]) return
    if ((i >> 2) % 320 < 160) left++
    else right++
  })
  expect(left).toBe(0)
  expect(right).toBeGreaterThan(10_000)
  expect(differing(markMade(before, before).data)).toBe(0)
  expect(differing(markMade(before, null).data)).toBeGreaterThan(10_000)
})

it('leaves a picture without room for a mark as it is', () => {
  expect(markMade(pixel, null)).toBe(pixel)
})
