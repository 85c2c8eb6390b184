import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')

/** What tests/fixtures/make-lcm.py made and recorded. */
export const lcmFixture = path.join(root, 'tests/fixtures/lcm')

/** A diffusers folder in `folder`: the tiny UNet that embeds its guidance, with text encoder and VAE of the pocket model. */
export function makeLcm(folder: string): string {
  const model = path.join(folder, 'tiny')
  mkdirSync(path.join(model, 'scheduler'), { recursive: true })
  cpSync(path.join(lcmFixture, 'unet'), path.join(model, 'unet'), { recursive: true })
  for (const part of ['text_encoder', 'tokenizer', 'vae'])
    cpSync(path.join(root, 'models/pocket', part), path.join(model, part), { recursive: true })
  writeFileSync(
    path.join(model, 'model_index.json'),
    JSON.stringify({
      _class_name: 'LatentConsistencyModelPipeline',
      text_encoder: ['transformers', 'CLIPTextModel'],
      tokenizer: ['transformers', 'CLIPTokenizer'],
      unet: ['diffusers', 'UNet2DConditionModel'],
      vae: ['diffusers', 'AutoencoderKL'],
      scheduler: ['diffusers', 'DDIMScheduler']
    })
  )
  writeFileSync(
    path.join(model, 'scheduler/scheduler_config.json'),
    JSON.stringify({ _class_name: 'DDIMScheduler', beta_start: 0.00085, beta_end: 0.012 })
  )
  return model
}
