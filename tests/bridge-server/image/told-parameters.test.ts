import { expect, test } from 'vitest'
import { encodePng, pictureTexts } from '../../../bridge-server/image/codec.ts'
import { readParameters } from '../../../bridge-server/image/metadata.ts'
import { toldParameters } from '../../../bridge-server/image/told-parameters.ts'
import { readMaking } from '../../../plugin/hosts/canvas/picture-text.ts'
import { patterned } from '../../support/sdapi.ts'

const read = (texts: Readonly<Record<string, string>>) => {
  const told = toldParameters(texts)
  if (told === null) return null
  const { prompt, negativePrompt, fields } = readParameters(told)
  return { prompt, negativePrompt, ...Object.fromEntries(fields) }
}

test('Forge writes what the web UI writes', () => {
  const version = 'f2.0.1v1.10.1-previous-665-gae278f79'
  const parameters = `a boat\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 4, Size: 512x512, Model hash: 1a2b3c4d5e, Model: m, Version: ${version}, Module 1: vae`
  expect(read({ parameters })).toMatchObject({ prompt: 'a boat', Steps: '20', Version: version })
})

const invokeAi = {
  ...{ generation_mode: 'txt2img', positive_prompt: 'a boat, red', negative_prompt: 'fog' },
  ...{ width: 512, height: 640, seed: 7, rand_device: 'cpu', cfg_scale: 7.5, steps: 30 },
  ...{ scheduler: 'dpmpp_2m_k', clip_skip: 1, app_version: '4.2.0' },
  model: { key: 'x', hash: 'blake3:00', name: 'dreamshaper', base: 'sd-1', type: 'main' }
}

test('InvokeAI', () => {
  expect(read({ invokeai_metadata: JSON.stringify(invokeAi) })).toEqual({
    ...{ prompt: 'a boat, red', negativePrompt: 'fog', Steps: '30', Sampler: 'DPM++ 2M' },
    ...{ 'Schedule type': 'Karras', 'CFG scale': '7.5', Seed: '7', 'Size-1': '512', 'Size-2': '640' },
    ...{ Model: 'dreamshaper', 'Clip skip': '2', RNG: 'CPU', Version: 'InvokeAI' }
  })
  const older = { ...invokeAi, generation_mode: 'img2img', strength: 0.6, model: { model_name: 'old' } }
  expect(read({ invokeai_metadata: JSON.stringify(older) })).toMatchObject({
    'Denoising strength': '0.6',
    Model: 'old'
  })
  const unknown = { ...invokeAi, scheduler: 'constructor' }
  expect(read({ invokeai_metadata: JSON.stringify(unknown) })).toMatchObject({ Sampler: 'constructor' })
})

/** As `Save (API format)` writes it: a LoRA, a ControlNet, and a second pass. */
const graph = {
  '3': {
    class_type: 'KSampler',
    inputs: {
      ...{
        seed: 156680208700286,
        steps: 20,
        cfg: 8,
        sampler_name: 'dpmpp_2m',
        scheduler: 'karras',
        denoise: 1
      },
      ...{ model: ['10', 0], positive: ['12', 0], negative: ['7', 0], latent_image: ['5', 0] }
    }
  },
  '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'sd15\\v1-5-pruned.safetensors' } },
  '5': { class_type: 'EmptyLatentImage', inputs: { width: 768, height: 512, batch_size: 1 } },
  '6': { class_type: 'CLIPTextEncode', inputs: { text: 'a castle: at "night"', clip: ['10', 1] } },
  '7': { class_type: 'CLIPTextEncode', inputs: { text: ['8', 0], clip: ['10', 1] } },
  '8': { class_type: 'PrimitiveString', inputs: { value: 'blurry' } },
  '10': {
    class_type: 'LoraLoader',
    inputs: { lora_name: 'ink.safetensors', strength_model: 0.8, strength_clip: 1, model: ['4', 0] }
  },
  '11': {
    class_type: 'KSampler',
    inputs: {
      ...{ seed: 1, steps: 9, cfg: 3, sampler_name: 'euler', scheduler: 'normal', denoise: 0.5 },
      ...{ model: ['4', 0], positive: ['6', 0], negative: ['7', 0], latent_image: ['3', 0] }
    }
  },
  '12': { class_type: 'ControlNetApply', inputs: { strength: 1, conditioning: ['6', 0], image: ['13', 0] } }
}

test('ComfyUI, from the graph of nodes', () => {
  expect(read({ prompt: JSON.stringify(graph), workflow: '{}' })).toEqual({
    ...{ prompt: 'a castle: at "night" <lora:ink:0.8>', negativePrompt: 'blurry', Steps: '20' },
    ...{ Sampler: 'DPM++ 2M', 'Schedule type': 'Karras', 'CFG scale': '8', Seed: '156680208700286' },
    ...{ 'Size-1': '768', 'Size-2': '512', Model: 'v1-5-pruned', RNG: 'CPU', Version: 'ComfyUI' }
  })
})

test.each([
  ['no JSON', 'a red car'],
  ['a list', '[1]'],
  ['null', 'null'],
  ['no nodes', '{"1": 5, "2": null, "3": {"inputs": 7}}'],
  ['no sampler', JSON.stringify({ ...graph, '3': null, '11': null })],
  // A sampler whose nodes lead in a circle still says what it says itself.
  [
    'a circle',
    JSON.stringify({ '1': { inputs: { seed: 1, steps: 2, positive: ['1', 0], model: ['1', 0] } } })
  ]
])('%s is no error', (name, text) => {
  expect(read({ invokeai_metadata: text })).toBeNull()
  if (name === 'a circle') expect(read({ prompt: text })).toMatchObject({ prompt: '', negativePrompt: '' })
  else expect(read({ prompt: text })).toBeNull()
})

test('the web UI’s text counts before others', () => {
  const parameters = 'a dog\nSteps: 1, Sampler: LMS, Seed: 3'
  expect(toldParameters({ parameters, prompt: JSON.stringify(graph) })).toBe(parameters)
})

test.each([{ invokeai_metadata: JSON.stringify(invokeAi) }, { prompt: JSON.stringify(graph) }])(
  'server and canvas read a PNG file with such a text',
  async (texts) => {
    const file = await encodePng(patterned(8, 8), texts)
    const told = toldParameters(await pictureTexts(file))
    expect(await readMaking(new Blob([new Uint8Array(file)]))).toEqual({
      parameters: told,
      source: 'trainedAlgorithmicMedia'
    })
  }
)
