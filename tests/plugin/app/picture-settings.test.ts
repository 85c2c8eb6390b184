import { expect, it } from 'vitest'
import { parametersOf } from '../../../bridge-server/image/request-parameters.ts'
import type { GenerateRequest } from '../../../bridge-server/protocol/request.ts'
import { isParameters, pictureSettings } from '../../../plugin/app/picture-settings.ts'
import { hiresFor } from '../../../plugin/app/second-pass.ts'
import { defaultSettings } from '../../../plugin/app/settings.ts'
import { catalogue as catalogueOf, model, request } from '../../support/panel.ts'

const catalogue = {
  ...catalogueOf(
    model('folder/Dream_v2.safetensors', { sha256: `6ce0161689${'0'.repeat(54)}` }),
    model('other')
  ),
  samplers: [
    { id: 'euler', label: 'Euler' },
    { id: 'euler-a', label: 'Euler a' },
    { id: 'dpmpp-2m', label: 'DPM++ 2M' },
    { id: 'dpmpp-2m-sde', label: 'DPM++ 2M SDE' }
  ],
  schedules: [
    { id: 'normal', label: 'Normal' },
    { id: 'karras', label: 'Karras' },
    { id: 'sgm-uniform', label: 'SGM Uniform' }
  ]
}
const here = { catalogue, settings: defaultSettings }

const webui = `a (red:1.2) boat, <lora:shiny:0.7>, sea: calm
with a second line
Negative prompt: blurry, text
more of it
Steps: 25, Sampler: DPM++ 2M Karras, CFG scale: 7.5, Seed: 1234567890, Size: 512x768, Model hash: 6ce0161689, Model: something-else, Variation seed: 9, Variation seed strength: 0.25, Seed resize from: 256x320, Clip skip: 2, Lora hashes: "shiny: 0123456789ab, b: c", Version: v1.10.1`

it('takes over what a picture of the web UI tells, by the names of here', () => {
  const { settings, missing } = pictureSettings(webui, here)
  expect(missing).toEqual([])
  expect(settings).toMatchObject({
    intent: 'generate',
    prompt: 'a (red:1.2) boat, <lora:shiny:0.7>, sea: calm\nwith a second line',
    negativePrompt: 'blurry, text\nmore of it',
    model: 'folder/Dream_v2.safetensors',
    ...{ sampler: 'dpmpp-2m', schedule: 'karras', steps: 25, guidance: 7.5 },
    seed: { value: 1234567890, locked: true },
    size: { width: 512, height: 768 },
    advanced: {
      ...{ clipSkip: 2, noise: 'gpu', variationSeed: 9, variationStrength: 0.25 },
      seedResize: { width: 256, height: 320 }
    }
  })
})

it.each([
  ['DPM++ 2M SDE Karras', undefined, 'dpmpp-2m-sde', 'karras'],
  ['Euler a', 'SGM Uniform', 'euler-a', 'sgm-uniform'],
  ['Euler a', 'Automatic', 'euler-a', null],
  ['euler', undefined, 'euler', null]
])('finds the sampler %s with the schedule %s', (sampler, schedule, id, scheduleId) => {
  const fields = `Steps: 3, Sampler: ${sampler}, ${schedule === undefined ? '' : `Schedule type: ${schedule}, `}Seed: 1, CFG scale: 2`
  expect(pictureSettings(`x\n${fields}`, here).settings).toMatchObject({ sampler: id, schedule: scheduleId })
})

it('finds a model by its file’s name where the hash is not known, and names what is not here', () => {
  const told = (fields: string) => pictureSettings(`x\nSteps: 3, Seed: 1, CFG scale: 2, ${fields}`, here)
  expect(told('Model: dream_V2').settings.model).toBe('folder/Dream_v2.safetensors')
  expect(told('Model: nowhere, Sampler: Wild, Schedule type: Bent').missing).toEqual([
    'The model nowhere is not here.',
    'There is no sampler Wild here.',
    'There is no schedule Bent here.'
  ])
  expect(told('Model: nowhere').settings.model).toBeNull()
})

it('leaves what cannot be as it was, and what a picture does not say to the model', () => {
  const { settings } = pictureSettings(
    'x\nSteps: 9999, Seed: -1, CFG scale: many, Size: 3x4, Denoising strength: 7',
    here
  )
  expect(settings).toMatchObject({
    ...{ steps: null, guidance: null, size: null, seed: defaultSettings.seed },
    strength: defaultSettings.strength
  })
})

it('comes back to the request that made a picture of ours', () => {
  const made = request({
    ...{ mode: 'img2img', model: 'other', prompt: 'a boat', negativePrompt: 'rain', strength: 0.4 },
    sampling: {
      ...{ sampler: 'dpmpp-2m', schedule: 'karras', steps: 12, guidance: 5.5, seed: 77 },
      ...{ clipSkip: 2, noise: 'cpu', eta: 0.5, guidanceRescale: 0.7, emphasis: 'no-norm' }
    }
  })
  const text = parametersOf({
    ...{ request: made, catalogue, version: '1' },
    result: { workingSize: { width: 512, height: 640 } },
    variation: { seed: 78 }
  })
  const { settings, missing } = pictureSettings(text, {
    ...here,
    settings: { ...defaultSettings, intent: 'refine' }
  })
  expect(missing).toEqual([])
  expect(settings).toMatchObject({
    ...{ intent: 'refine', prompt: 'a boat', negativePrompt: 'rain', model: 'other' },
    ...{ sampler: 'dpmpp-2m', schedule: 'karras', steps: 12, guidance: 5.5 },
    strength: { refine: 0.4, depth: 0.4, custom: 0.4 },
    seed: { value: 78, locked: true },
    size: { width: 512, height: 640 },
    advanced: { clipSkip: 2, noise: 'cpu', eta: 0.5, guidanceRescale: 0.7, emphasis: 'no-norm' }
  })
})

it('takes a second pass over, by its factor', () => {
  const secondPass = {
    mode: 'on',
    factor: 1.5,
    strength: 0.55,
    steps: 12,
    upscaler: 'latent-bicubic'
  } as const
  const text = (hires: GenerateRequest['hires']) =>
    parametersOf({
      request: request({ ...(hires === undefined ? {} : { hires }) }),
      ...{ catalogue, version: '1', variation: { seed: 1 } },
      result: { workingSize: { width: 768, height: 960 } }
    })
  const made = pictureSettings(text(hiresFor(secondPass)), here).settings
  expect(made).toMatchObject({ secondPass, size: { width: 512, height: 640 } })
  const off = { ...defaultSettings.secondPass, mode: 'off' } as const
  for (const plain of [text(undefined), text(hiresFor(off))]) {
    expect(plain).not.toContain('Hires')
    expect(plain).not.toContain('Denoising')
    expect(pictureSettings(plain, here).settings.secondPass.mode).toBe('automatic')
  }
  const wild = 'x\nSteps: 3, Hires upscale: 2, Hires upscaler: Wild, Denoising strength: 0.3'
  expect(pictureSettings(wild, here).missing).toEqual(['There is no upscaler Wild here.'])
})

it('tells such a text from a prompt', () => {
  expect(isParameters(webui)).toBe(true)
  expect(isParameters('a boat: red, with sails: white, at sea: calm')).toBe(false)
  expect(isParameters('')).toBe(false)
})
