import { expect, it } from 'vitest'
import type { GenerateRequest } from '../../../bridge-server/protocol/request.ts'
import { checkUpscale } from '../../../bridge-server/server/check-upscale.ts'
import { request } from '../../support/panel.ts'

const image = { blob: '0'.repeat(64), width: 8, height: 8, format: 'gray8' } as const
const upscale = { upscaler: 'lanczos', factor: 4 }

it.each<[string, Partial<GenerateRequest>]>([
  ['a picture from nothing, with a second pass', { hires: { strength: 0.5 } }],
  ['an upscale of the canvas', { mode: 'upscale', upscale }],
  [
    'one whose picture just fits',
    { mode: 'upscale', upscale, area: { x: 0, y: 0, width: 2048, height: 4096 } }
  ]
])('%s can be done', (_, change) => {
  expect(() => checkUpscale(request(change))).not.toThrow()
})

it.each<[string, Partial<GenerateRequest>, string, RegExp]>([
  ['upscale in another mode', { upscale }, 'bad-message', /upscale belongs to mode upscale, not to txt2img/],
  ['nothing said of it', { mode: 'upscale' }, 'bad-message', /upscale is missing/],
  ['a selection', { mode: 'upscale', upscale, selection: image }, 'bad-message', /selection/],
  ['a second pass', { mode: 'upscale', upscale, hires: {} }, 'bad-message', /hires/],
  [
    'a result that is no blob any more',
    { mode: 'upscale', upscale, area: { x: 0, y: 0, width: 2048, height: 4097 } },
    'too-large',
    /8192 × 16388/
  ]
])('%s is refused', (_, change, code, message) => {
  const check = () => checkUpscale(request(change))
  expect(check).toThrow(message)
  expect(check).toThrow(expect.objectContaining({ code }) as Error)
})
