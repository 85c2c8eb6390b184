import { expect, test } from 'vitest'
import { diffusersPaths } from '../../../../bridge-server/weights/extensions/diffusers-paths.ts'
import { parseLoraName } from '../../../../bridge-server/weights/extensions/lora-names.ts'
import { unetRename } from '../../../../bridge-server/weights/diffusers-names.ts'
import { openCheckpoint } from '../../../../bridge-server/weights/open-checkpoint.ts'
import path from 'node:path'

const toQ = 'down_blocks_0_attentions_1_transformer_blocks_0_attn1_to_q'
const dotted = 'down_blocks.0.attentions.1.transformer_blocks.0.attn1'
const qProjection = 'encoder_layers_3_self_attn_q_proj'

test.each([
  [`lora_unet_${toQ}.lora_down.weight`, 'unet', toQ, 'down.weight'],
  [`lora_unet_${toQ}.alpha`, 'unet', toQ, 'alpha'],
  [`unet.${dotted}.to_q.lora_A.weight`, 'unet', toQ, 'down.weight'],
  [`base_model.model.${dotted}.to_q.lora_B.default.weight`, 'unet', toQ, 'up.weight'],
  [`unet.${dotted}.processor.to_q_lora.down.weight`, 'unet', toQ, 'down.weight'],
  [`unet.${dotted}.processor.to_out_lora.up.weight`, 'unet', toQ.replace('to_q', 'to_out_0'), 'up.weight'],
  [`lora_te_text_model_${qProjection}.lora_up.weight`, 'text0', qProjection, 'up.weight'],
  [`lora_te1_text_model_${qProjection}.lora_mid.weight`, 'text0', qProjection, 'mid.weight'],
  [`lora_te2_text_model_${qProjection}.lora_up.weight`, 'text1', qProjection, 'up.weight'],
  [
    'text_encoder.text_model.encoder.layers.3.self_attn.q_proj.lora_A.weight',
    'text0',
    qProjection,
    'down.weight'
  ],
  ['text_encoder.encoder.layers.3.self_attn.to_q_lora.up.weight', 'text0', qProjection, 'up.weight'],
  [
    'text_encoder_2.text_model.encoder.layers.3.self_attn.q_proj.lora_linear_layer.up.weight',
    'text1',
    qProjection,
    'up.weight'
  ],
  [`lycoris_${toQ}.hada_w1_a`, 'unet', toQ, 'hada_w1_a'],
  [`lora_unet_${toQ}.lokr_t2`, 'unet', toQ, 'lokr_t2'],
  [`oft_unet_${toQ}.oft_blocks`, 'unet', toQ, 'oft_blocks'],
  [`lora_unet_${toQ}.dora_scale`, 'unet', toQ, 'dora_scale'],
  [`unet.${dotted}.to_q.lora_magnitude_vector.default.weight`, 'unet', toQ, 'magnitude'],
  [`lora_unet_${toQ}.w_norm`, 'unet', toQ, 'diff'],
  [`lora_te2_text_model_${qProjection}.a1.weight`, 'text1', qProjection, 'a1.weight']
])('%s', (name, part, layer, piece) => {
  expect(parseLoraName(name)).toEqual({ part, path: layer, piece })
})

test.each(['lora_unet_x.hada_w3_a', 'transformer.single_blocks.0.attn.to_q.lora_A', 'alpha'])(
  '%s is nothing of ours',
  (name) => expect(parseLoraName(name)).toBeNull()
)

test('diffusers’ paths are the inverse of LDM’s names', async () => {
  const { unet } = await openCheckpoint(path.resolve(import.meta.dirname, '../../../../models/pocket'))
  const modules = unet.weights.names
    .filter((name) => name.endsWith('.weight'))
    .map((name) => name.slice(0, -'.weight'.length))
  const paths = diffusersPaths(modules)
  expect(paths.size).toBe(modules.length)
  const back = unetRename([...paths.values()].map((name) => `${name}.weight`))
  for (const [own, other] of paths) expect(back(`${other}.weight`)).toBe(`${own}.weight`)
})
