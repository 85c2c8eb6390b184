import { expect, it } from 'vitest'
import type { ImageRef } from '../../../bridge-server/protocol/images.ts'
import type { GenerateRequest } from '../../../bridge-server/protocol/request.ts'
import { layerName, variationLayer } from '../../../plugin/app/result-layers.ts'
import { request } from '../../support/panel.ts'

it.each([
  ['a red car', 'a red car'],
  ['  a\n red \t car ', 'a red car'],
  [`${'word '.repeat(30)}end`, `${'word '.repeat(15)}word…`],
  ['x'.repeat(200), `${'x'.repeat(80)}…`]
])('names a layer by its prompt, on one line and cut at a word', (prompt, name) => {
  expect(layerName(request({ prompt }))).toBe(name)
})

it('names a layer by what was done where there is no prompt', () => {
  const name = (mode: GenerateRequest['mode']) => layerName(request({ prompt: ' ', mode }))
  expect([name('inpaint'), name('img2img'), name('outpaint'), name('depth2img'), name('upscale')]).toEqual([
    'Generated',
    'Refined',
    'Expanded',
    'Depth',
    'Upscaled'
  ])
})

it('lays what was upscaled where its area lies in the enlarged document, pixel by pixel', async () => {
  const pixels: ImageRef = { blob: '0'.repeat(64), width: 15, height: 10, format: 'rgba8' }
  const bands = [new Uint8Array(420), new Uint8Array(180)]
  const client = { pixels: () => Promise.resolve(new Uint8Array()), pixelBands: () => Promise.resolve(bands) }
  const result = {
    area: { x: 4, y: 7, width: 6, height: 4 },
    scale: 2.5,
    variations: [{ pixels, seed: 1 }],
    workingSize: { width: 6, height: 4 },
    seconds: 1
  }
  const layer = await variationLayer(client, { id: 'job', request: request(), result }, 0)
  expect(layer.area).toEqual({ x: 10, y: 18, width: 15, height: 10 })
  expect(layer.pixels.bands.map(({ width, height }) => [width, height])).toEqual([
    [15, 7],
    [15, 3]
  ])
})
