import { expect, it } from 'vitest'
import { defaultSettings, readSettings, storedSettings, type Settings } from '../../../plugin/app/settings.ts'

const chosen: Settings = {
  intent: 'refine',
  prompt: 'a “red” car',
  negativePrompt: 'blurry',
  model: 'plain',
  strength: { refine: 0.25, depth: 1, custom: 0.5 },
  custom: { fill: 'inpaint', context: 'picture', isSeamless: false },
  upscale: { upscaler: 'x4', factor: 2.5, refine: 0.3, usesTile: false },
  sampler: 'ddim',
  schedule: 'karras',
  steps: 30,
  guidance: 4.5,
  seed: { value: 4294967295, locked: true },
  count: 8,
  size: { width: 768, height: 512 },
  advanced: {
    clipSkip: 2,
    noise: 'gpu',
    eta: 0.5,
    guidanceRescale: 0.7,
    zeroTerminalSnr: true,
    emphasis: 'no-norm',
    variationSeed: 4294967295,
    variationStrength: 0.25,
    seedResize: { width: 512, height: 640 }
  },
  watermark: false,
  theme: 'dark'
}

it('reads back what it stored', () => {
  expect(readSettings(storedSettings(chosen))).toEqual(chosen)
  expect(readSettings(storedSettings(defaultSettings))).toEqual(defaultSettings)
})

it.each([null, '', 'nonsense', '[]', '7', '{"strength":null,"seed":3,"size":{"width":"wide"}}'])(
  'takes the defaults where %s was stored',
  (stored) => {
    expect(readSettings(stored)).toEqual(defaultSettings)
  }
)

it.each([
  ['clipSkip', 13],
  ['noise', 'moon'],
  ['eta', 'much'],
  ['guidanceRescale', 2],
  ['zeroTerminalSnr', 1],
  ['emphasis', 'loud'],
  ['variationSeed', 0.5],
  ['variationStrength', -1],
  ['seedResize', { width: 1, height: 1 }]
])('takes the default of the advanced %s alone where it is %o', (name, value) => {
  const advanced = { ...chosen.advanced, [name]: value }
  const read = readSettings(JSON.stringify({ ...chosen, advanced }))
  const byDefault: unknown = Reflect.get(defaultSettings.advanced, name)
  expect(read).toEqual({ ...chosen, advanced: { ...chosen.advanced, [name]: byDefault } })
})

it.each([
  ['intent', 'paint'],
  ['steps', 0],
  ['steps', 2.5],
  ['guidance', 31],
  ['count', 9],
  ['theme', 'blue'],
  ['prompt', 7],
  ['seed', { value: -1, locked: false }],
  ['size', { width: 512 }],
  ['strength', { refine: 2, depth: 'much' }]
])('takes the default of %s alone where it is %o', (name, value) => {
  const read = readSettings(JSON.stringify({ ...chosen, [name]: value }))
  const byDefault: unknown = Reflect.get(defaultSettings, name)
  expect(read).toEqual({ ...chosen, [name]: byDefault })
})
