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
  edges: { feather: 0.2, grow: 8, blend: 0, padding: 0.5, differential: true },
  secondPass: { mode: 'on', factor: 1.5, strength: 0.55, steps: 12, upscaler: 'latent' },
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

it.each([
  ['edges', 'feather', 0.6],
  ['edges', 'grow', 2.5],
  ['edges', 'blend', -1],
  ['edges', 'padding', 'wide'],
  ['edges', 'differential', 1],
  ['secondPass', 'mode', 'maybe'],
  ['secondPass', 'factor', 0],
  ['secondPass', 'strength', 2],
  ['secondPass', 'steps', 0],
  ['upscale', 'factor', 9]
] as const)('takes the default of %s.%s alone where it is %o', (group, name, value) => {
  const read = readSettings(JSON.stringify({ ...chosen, [group]: { ...chosen[group], [name]: value } }))
  const byDefault: unknown = Reflect.get(defaultSettings[group], name)
  expect(read).toEqual({ ...chosen, [group]: { ...chosen[group], [name]: byDefault } })
})
