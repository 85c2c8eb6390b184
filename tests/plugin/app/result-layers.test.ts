import { expect, it } from 'vitest'
import { layerName } from '../../../plugin/app/result-layers.ts'
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
  const name = (mode: 'inpaint' | 'img2img' | 'outpaint' | 'depth2img') =>
    layerName(request({ prompt: ' ', mode }))
  expect([name('inpaint'), name('img2img'), name('outpaint'), name('depth2img')]).toEqual([
    'Generated',
    'Refined',
    'Expanded',
    'Depth'
  ])
})
