import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openExtensions } from '../../../../bridge-server/weights/extensions/extension-library.ts'
import { safetensorsOf, temporaryFolder } from '../../../support/tensor-files.ts'

function libraryOf(files: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>) {
  const root = temporaryFolder()
  for (const [name, shapes] of Object.entries(files)) {
    const file = path.join(root, `${name}.safetensors`)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, safetensorsOf(shapes))
  }
  return openExtensions({ folders: () => Promise.resolve([root]), cacheFolder: temporaryFolder() })
}

const compact = {
  'body.0.weight': [8, 3, 3, 3],
  'body.1.weight': [8],
  'body.2.weight': [48, 8, 3, 3]
}
/** A decoder with upsamplings before 7, 12 and 17. */
const decoder: Readonly<Record<string, readonly number[]>> = {
  '1.weight': [64, 4, 3, 3],
  ...Object.fromEntries(
    [3, 4, 5, 8, 9, 10, 13, 14, 15, 18].map((i) => [`${i}.conv.0.weight`, [64, 64, 3, 3]])
  ),
  ...Object.fromEntries([7, 12, 17].map((i) => [`${i}.weight`, [64, 64, 3, 3]])),
  '19.weight': [3, 64, 3, 3]
}
const encoder = {
  '0.weight': [64, 3, 3, 3],
  '1.conv.0.weight': [64, 64, 3, 3],
  '3.conv.0.weight': [64, 64, 3, 3]
}

test('upscalers and tiny autoencoders are told by their tensors, wherever they lie', async () => {
  const library = libraryOf({
    'Lora/x4plus': {
      'params_ema.conv_first.weight': [64, 3, 3, 3],
      'params_ema.body.0.rdb1.conv1.weight': [32, 64, 3, 3]
    },
    'checkpoints/old': {
      'model.0.weight': [64, 3, 3, 3],
      'model.1.sub.0.RDB1.conv1.0.weight': [32, 64, 3, 3]
    },
    'ESRGAN/general': compact,
    'SwinIR/real': {
      'params_ema.conv_first.weight': [180, 3, 3, 3],
      'params_ema.layers.0.residual_group.blocks.0.attn.relative_position_bias_table': [225, 6]
    },
    'vae_approx/taesd_decoder': decoder,
    'vae_approx/taesd_encoder': encoder,
    'vae_approx/taesdxl_decoder': decoder,
    'vae_approx/taesd3_decoder': { ...decoder, '1.weight': [64, 16, 3, 3] }
  })
  expect((await library.list()).map(({ id, kind, family }) => [id, kind, family])).toEqual([
    ['ESRGAN/general', 'upscaler', null],
    ['Lora/x4plus', 'upscaler', null],
    ['SwinIR/real', 'upscaler', null],
    ['checkpoints/old', 'upscaler', null],
    ['vae_approx/taesd_decoder', 'taesd', 'sd1'],
    ['vae_approx/taesd_encoder', 'taesd', 'sd1'],
    ['vae_approx/taesdxl_decoder', 'taesd', 'sdxl']
  ])
  expect((await library.taesd('sd2'))?.name).toBe('taesd_decoder')
  expect((await library.taesd('sdxl'))?.name).toBe('taesdxl_decoder')
})

test('diffusers’ tiny autoencoder has the same decoder under other numbers', async () => {
  const names = Object.entries(decoder).map(([name, shape]) => {
    const [number = '', ...rest] = name.split('.')
    return [`decoder.layers.${Number(number) - 1}.${rest.join('.')}`, shape] as const
  })
  const library = libraryOf({
    bare: decoder,
    'xl/diffusers': { ...Object.fromEntries(names), 'encoder.layers.0.weight': [64, 3, 3, 3] }
  })
  const opened = await library.taesd('sd1')
  const expected = Object.keys(decoder).sort()
  expect([...opened!.content.decoder.names].sort()).toEqual(expected)
})

test('without a decoder there is none', async () => {
  expect(await libraryOf({ taesd_encoder: encoder }).taesd('sd1')).toBeNull()
})

test('a decoder that would make pictures of another size is damaged', async () => {
  const rest = Object.fromEntries(Object.entries(decoder).filter(([name]) => name !== '12.weight'))
  await expect(libraryOf({ taesd: rest }).taesd('sd1')).rejects.toMatchObject({ code: 'model-unreadable' })
})

test.each([
  ['HAT', { 'params_ema.layers.0.residual_group.overlap_attn.qkv.weight': [1] }, /a HAT upscaler/],
  ['DAT', { 'layers.0.blocks.0.attn.attns.0.rpe_biases': [1] }, /a DAT upscaler/],
  ['SPAN', { 'block_1.c1_r.sk.weight': [1] }, /a SPAN upscaler/],
  ['GFPGAN', { 'params_ema.stylegan_decoder.constant_input.weight': [1] }, /a GFPGAN/],
  ['Swin2SR', { 'layers.0.residual_group.blocks.0.attn.logit_scale': [6, 1, 1] }, /a Swin2SR upscaler/],
  [
    'grey SwinIR',
    {
      'params.conv_first.weight': [180, 1, 3, 3],
      'params.layers.0.residual_group.blocks.0.attn.relative_position_bias_table': [225, 6]
    },
    /a SwinIR with windows of 8 for 1 channels/
  ],
  ['grey', { 'model.0.weight': [8, 1, 3, 3], 'model.1.sub.0.RDB1.conv1.0.weight': [4, 8, 3, 3] }, /channels/]
] as const)('%s is refused by name', async (name, shapes, message) => {
  const library = libraryOf({ [`upscalers/${name}`]: shapes, 'ESRGAN/general': compact })
  await expect(library.upscaler(name)).rejects.toThrow(message)
  // The others are listed all the same.
  expect((await library.list()).map((each) => each.name)).toContain('general')
})
