import { safetensorsOf } from './tensor-files.ts'

/** The least that is recognised as a Stable Diffusion 1 model. */
export const modelBytes = safetensorsOf({
  'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3],
  'first_stage_model.encoder.conv_in.weight': [128, 3, 3, 3],
  'first_stage_model.decoder.conv_in.weight': [512, 4, 3, 3],
  'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight': [100, 64],
  'cond_stage_model.transformer.text_model.embeddings.position_embedding.weight': [77, 64]
})

export const vaeBytes = safetensorsOf({
  'encoder.conv_in.weight': [128, 3, 3, 3],
  'decoder.conv_in.weight': [512, 4, 3, 3]
})

export const loraBytes = safetensorsOf({ 'lora_unet_x.lora_down.weight': [4, 8] })
