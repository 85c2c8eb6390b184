import {
  copyFileSync,
  cpSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
  closeSync
} from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Weight, WeightSource } from '../../../bridge-server/graph/weight.ts'
import { findSampler } from '../../../bridge-server/sampling/registry.ts'
import { findSchedule } from '../../../bridge-server/sampling/schedules.ts'
import type { Checkpoint } from '../../../bridge-server/weights/checkpoint.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { readPart } from '../../../bridge-server/weights/part-files.ts'
import { readNumbers } from '../../../bridge-server/weights/read-numbers.ts'
import { readSafetensors } from '../../../bridge-server/weights/safetensors.ts'
import { findGolden } from '../../support/golden.ts'
import { makeLcm } from '../../support/lcm.ts'
import { safetensorsOf, temporaryFolder } from '../../support/tensor-files.ts'

const models = path.resolve(import.meta.dirname, '../../../models')
const hasGolden = findGolden('checkpoints/sd1.fp16.safetensors') !== null
const goldenTest = test.skipIf(!hasGolden)
const goldenFile = (name: string): string => findGolden(name) ?? name

const shapes = (source: WeightSource): Record<string, readonly number[]> =>
  Object.fromEntries([...source.names].sort().map((name) => [name, source.get(name)!.shape]))

function textShape(checkpoint: Checkpoint): unknown {
  return checkpoint.textEncoders.map((text) => [
    text.heads,
    text.activation,
    text.padToken,
    text.clipSkip,
    text.finalNorm
  ])
}

const clip = [2, 'quick_gelu', 49407, 1, true]
const families = [
  [
    'sd1.fp16.safetensors',
    { family: 'sd1', conditioning: 'none', prediction: 'epsilon', precision: 'fp16', nativeSize: 512 },
    { count: 8 },
    [clip]
  ],
  ['sd1-small.fp32.safetensors', { family: 'sd1', precision: 'fp32' }, { count: 8 }, [clip]],
  ['sd1-small.fp8.safetensors', { family: 'sd1', precision: 'fp8 e4m3' }, { count: 8 }, [clip]],
  ['sd1-small.ckpt', { family: 'sd1', precision: 'fp16' }, { count: 8 }, [clip]],
  ['sd1-inpaint.fp16.safetensors', { family: 'sd1', conditioning: 'inpaint' }, { count: 8 }, [clip]],
  [
    'sd2-v.fp16.safetensors',
    { family: 'sd2', prediction: 'v', nativeSize: 768 },
    { size: 8 },
    [[2, 'gelu', 0, 2, true]]
  ],
  [
    'sd2-depth.fp16.safetensors',
    {
      family: 'sd2',
      conditioning: 'depth',
      prediction: 'epsilon',
      nativeSize: 512,
      hasDepthEstimator: false
    },
    { size: 16 },
    [[2, 'gelu', 0, 2, true]]
  ],
  [
    'sdxl.fp16.safetensors',
    { family: 'sdxl', prediction: 'epsilon', nativeSize: 1024 },
    { size: 16 },
    [
      [2, 'quick_gelu', 49407, 2, false],
      [3, 'gelu', 0, 2, false]
    ]
  ]
] as const

describe('families of single files', () => {
  goldenTest.each(families)('%s', async (name, info, heads, text) => {
    const checkpoint = await openCheckpoint(goldenFile(`checkpoints/${name}`))
    expect(checkpoint.info).toMatchObject({ ...info, chunkTokens: 75, distillation: 'none' })
    expect(checkpoint.unet.heads).toEqual(heads)
    expect(textShape(checkpoint)).toEqual(text)
    expect(checkpoint.vae.latentScale).toBe(info.family === 'sdxl' ? 0.13025 : 0.18215)
    expect(checkpoint.betas).toEqual({ start: 0.00085, end: 0.012, schedule: 'scaled_linear' })
  })

  goldenTest('a yaml beside the file says what it predicts', async () => {
    const folder = temporaryFolder()
    copyFileSync(goldenFile('checkpoints/sd2-v.fp16.safetensors'), path.join(folder, 'sd2-base.safetensors'))
    copyFileSync(goldenFile('checkpoints/sd2-base.yaml'), path.join(folder, 'sd2-base.yaml'))
    const file = path.join(folder, 'sd2-base.safetensors')
    writeFileSync(path.join(folder, 'sd2-base.json'), '{"text": [{"heads": 2}]}')
    const checkpoint = await openCheckpoint(file)
    expect(checkpoint.info).toMatchObject({ prediction: 'epsilon', nativeSize: 512 })
    expect(checkpoint.unet.heads).toEqual({ size: 8 })
    expect((await openCheckpoint(file, { prediction: 'v' })).info.prediction).toBe('v')
  })

  goldenTest('without a sidecar, widths that are not CLIP’s are refused with what to do', async () => {
    const file = path.join(temporaryFolder(), 'x.safetensors')
    copyFileSync(goldenFile('checkpoints/sd1.fp16.safetensors'), file)
    await expect(openCheckpoint(file)).rejects.toThrow(/text encoder of width 8/)
  })

  goldenTest('a VAE beside the file, or one that is chosen, takes the place of its own', async () => {
    const folder = temporaryFolder()
    const file = path.join(folder, 'sd1.safetensors')
    copyFileSync(goldenFile('checkpoints/sd1.fp16.safetensors'), file)
    copyFileSync(goldenFile('checkpoints/sd1.json'), path.join(folder, 'sd1.json'))
    const own = await openCheckpoint(file)
    const vae = goldenFile('diffusers/sd1-small/vae/diffusion_pytorch_model.safetensors')
    const chosen = await openCheckpoint(file, { vae })
    expect(chosen.vae.weights.get('decoder.conv_in.weight')!.file).toBe(vae)
    expect(shapes(chosen.vae.weights)).toEqual(shapes(own.vae.weights))
    const beside = path.join(folder, 'sd1.vae.safetensors')
    copyFileSync(vae, beside)
    expect((await openCheckpoint(file)).vae.weights.get('encoder.conv_in.weight')!.file).toBe(beside)
  })
})

/** Every weight is the same in both, under the same names and with the same shapes: its bytes, or its numbers where dtypes differ. */
async function expectSameWeights(a: WeightSource, b: WeightSource): Promise<void> {
  expect(shapes(a)).toEqual(shapes(b))
  const files = new Map<string, Buffer>()
  const bytesOf = ({ file, offset, length }: Weight): Buffer => {
    if (!files.has(file)) files.set(file, readFileSync(file))
    return files.get(file)!.subarray(offset, offset + length)
  }
  const numbersOf = async (weight: Weight): Promise<Buffer> => Buffer.from((await readNumbers(weight)).buffer)
  for (const name of a.names) {
    const [x, y] = [a.get(name)!, b.get(name)!]
    const same =
      x.dtype === y.dtype ? bytesOf(x).equals(bytesOf(y)) : (await numbersOf(x)).equals(await numbersOf(y))
    expect(same, name).toBe(true)
  }
}

describe('a diffusers folder is the single file it was made from, name by name and number by number', () => {
  goldenTest.each([
    ['sd1-small', 'sd1-small.fp32.safetensors'],
    ['sdxl', 'sdxl.fp16.safetensors']
  ])('%s', async (folder, single) => {
    const a = await openCheckpoint(goldenFile(`diffusers/${folder}`))
    const b = await openCheckpoint(goldenFile(`checkpoints/${single}`))
    await expectSameWeights(a.unet.weights, b.unet.weights)
    await expectSameWeights(a.vae.weights, b.vae.weights)
    expect(textShape(a)).toEqual(textShape(b))
    expect(a.unet.heads).toEqual(b.unet.heads)
    const withoutProjection = ({ weights }: Checkpoint['textEncoders'][number]): WeightSource => ({
      ...weights,
      // transformers keeps this matrix transposed.
      names: weights.names.filter((name) => !name.startsWith('text_projection'))
    })
    for (const [i, text] of a.textEncoders.entries())
      await expectSameWeights(withoutProjection(text), withoutProjection(b.textEncoders[i]!))
  })
})

describe('the embedded models', () => {
  test('pocket: everything comes from its config', async () => {
    const { info, unet, vae, textEncoders, depth } = await openCheckpoint(path.join(models, 'pocket'))
    expect(info).toMatchObject({
      name: 'Pocket',
      family: 'sd1',
      conditioning: 'inpaint',
      nativeSize: 128,
      chunkTokens: 30
    })
    expect(info.defaults).toEqual({
      sampler: 'dpmpp-2m',
      schedule: 'karras',
      steps: 20,
      guidance: 4,
      clipSkip: 1
    })
    expect(unet).toMatchObject({ heads: { count: 2 }, normGroups: 32, inputChannels: 9 })
    expect(vae.normGroups).toBe(8)
    expect(vae.latentScale).toBeCloseTo(0.3725, 4)
    expect(textEncoders[0]).toMatchObject({ heads: 4, startToken: 768, endToken: 769, padToken: 769 })
    expect(textEncoders[0]!.tokenizerFolder).toBe(path.join(models, 'pocket', 'tokenizer'))
    expect(depth).toBeNull()
  })

  test('pocket has one resnet a level, which numbers its blocks', async () => {
    const { unet } = await openCheckpoint(path.join(models, 'pocket'))
    const blocks = (side: string): string[] =>
      [
        ...new Set(
          unet.weights.names
            .filter((name) => name.startsWith(side))
            .map((name) => name.split('.').slice(0, 3).join('.'))
        )
      ].sort()
    // Levels of 64, 128 (with attention) and 192 channels; 0 is the first convolution, 2 and 4 sample down.
    expect(blocks('input_blocks')).toEqual(
      ['0.0', '1.0', '2.0', '3.0', '3.1', '4.0', '5.0'].map((at) => `input_blocks.${at}`)
    )
    expect(unet.weights.get('input_blocks.2.0.op.weight')!.shape).toEqual([64, 64, 3, 3])
    expect(unet.weights.get('input_blocks.5.0.in_layers.2.weight')!.shape).toEqual([192, 128, 3, 3])
    // The up sampler follows the resnet, and the attention where there is one.
    const samplers = unet.weights.names
      .filter((name) => /^output_blocks\.\d+\.\d\.conv\.weight$/.test(name))
      .sort()
    expect(samplers).toEqual(['output_blocks.1.1.conv.weight', 'output_blocks.3.2.conv.weight'])
  })

  test('pocket-depth has a depth estimator', async () => {
    const { info, depth } = await openCheckpoint(path.join(models, 'pocket-depth'))
    expect(info).toMatchObject({ name: 'Pocket depth', conditioning: 'depth', hasDepthEstimator: true })
    expect(depth).toMatchObject({
      heads: 4,
      patchSize: 8,
      outIndices: [0, 1, 2, 3],
      readout: 'project',
      hybrid: false,
      imageSize: 128,
      mean: [0.5, 0.5, 0.5]
    })
    expect(depth!.weights.get('dpt.embeddings.patch_embeddings.projection.weight')).toBeDefined()
  })
})

describe('diffusers folders as they come', () => {
  const copyOfPocket = (): string => {
    const folder = path.join(temporaryFolder(), 'copy')
    cpSync(path.join(models, 'pocket'), folder, { recursive: true })
    return folder
  }

  test('fp16 variants and shards hold the same weights', async () => {
    const plain = await openCheckpoint(path.join(models, 'pocket'))
    const folder = copyOfPocket()
    const vae = path.join(folder, 'vae')
    renameSync(
      path.join(vae, 'diffusion_pytorch_model.safetensors'),
      path.join(vae, 'diffusion_pytorch_model.fp16.safetensors')
    )
    // The text encoder in two shards: the first 20 tensors, and the rest.
    const text = path.join(folder, 'text_encoder')
    const bytes = readFileSync(path.join(text, 'model.safetensors'))
    const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
    for (const name of names) writeFileSync(path.join(text, name), bytes)
    const tensors = [...(await readSafetensors(path.join(text, 'model.safetensors'))).weights.keys()]
    const map = Object.fromEntries(tensors.map((name, i) => [name, names[i < 20 ? 0 : 1]]))
    renameSync(path.join(text, 'model.safetensors'), path.join(text, 'unused'))
    writeFileSync(
      path.join(text, 'model.safetensors.index.json'),
      JSON.stringify({ metadata: {}, weight_map: map })
    )

    const copy = await openCheckpoint(folder)
    await expectSameWeights(copy.vae.weights, plain.vae.weights)
    await expectSameWeights(copy.textEncoders[0]!.weights, plain.textEncoders[0]!.weights)
  })

  test('safetensors are taken before pickles, the plain variant before others, and pickles where nothing else is', async () => {
    const folder = temporaryFolder()
    const put = (name: string, tensor: string): void =>
      writeFileSync(path.join(folder, name), safetensorsOf({ [tensor]: [1] }))
    const names = async (): Promise<string[]> => [...(await readPart(folder, {})).weights.keys()]
    await expect(readPart(folder, {})).rejects.toMatchObject({ code: 'model-incomplete' })
    copyFileSync(
      path.resolve(import.meta.dirname, '../../fixtures/weights/nested.pt'),
      path.join(folder, 'pytorch_model.bin')
    )
    expect(await names()).toContain('string_to_param.*')
    put('model.non_ema.safetensors', 'non_ema')
    expect(await names()).toEqual(['non_ema'])
    put('model.fp16.safetensors', 'fp16')
    expect(await names()).toEqual(['fp16'])
    put('model.safetensors', 'plain')
    put('model-00001-of-00002.safetensors', 'shard')
    expect(await names()).toEqual(['plain'])
  })

  test('an index cannot point outside its folder', async () => {
    const folder = copyOfPocket()
    const text = path.join(folder, 'text_encoder')
    renameSync(path.join(text, 'model.safetensors'), path.join(folder, 'model.safetensors'))
    writeFileSync(
      path.join(text, 'model.safetensors.index.json'),
      '{"weight_map": {"a": "../model.safetensors"}}'
    )
    await expect(openCheckpoint(folder)).rejects.toThrow(/outside its folder/)
  })

  test('a part that is missing is named', async () => {
    const folder = copyOfPocket()
    renameSync(path.join(folder, 'vae'), path.join(folder, 'elsewhere'))
    await expect(openCheckpoint(folder)).rejects.toThrow(/no folder copy\/vae/)
  })

  test('v-prediction, sample size and scheduler come from the configs', async () => {
    const folder = copyOfPocket()
    const file = path.join(folder, 'scheduler', 'scheduler_config.json')
    writeFileSync(
      file,
      JSON.stringify({
        _class_name: 'LCMScheduler',
        prediction_type: 'v_prediction',
        beta_start: 0.0001,
        beta_end: 0.02,
        beta_schedule: 'linear'
      })
    )
    const { info, betas } = await openCheckpoint(folder)
    expect(info).toMatchObject({
      prediction: 'v',
      distillation: 'lcm',
      defaults: { sampler: 'lcm', steps: 6 }
    })
    expect(betas).toEqual({ start: 0.0001, end: 0.02, schedule: 'linear' })
  })

  test('a model that embeds its guidance is a latent consistency model, whatever its scheduler is', async () => {
    const { info, unet } = await openCheckpoint(makeLcm(temporaryFolder()))
    expect(info).toMatchObject({ distillation: 'lcm', defaults: { sampler: 'lcm', guidance: 8 } })
    expect(unet.weights.get('time_embed.cond_proj.weight')?.shape).toEqual([16, 256])
  })

  test('a broken config is named', async () => {
    const folder = copyOfPocket()
    writeFileSync(path.join(folder, 'unet', 'config.json'), '{"attention_head_dim": "two"}')
    await expect(openCheckpoint(folder)).rejects.toThrow(/unet\/config\.json.*“attention_head_dim”.*"two"/)
    writeFileSync(path.join(folder, 'unet', 'config.json'), '{')
    await expect(openCheckpoint(folder)).rejects.toThrow(/unet\/config\.json.*not JSON/)
  })

  test('a pipeline of another kind is refused by its name', async () => {
    const folder = copyOfPocket()
    writeFileSync(
      path.join(folder, 'model_index.json'),
      '{"_class_name": "FluxPipeline", "transformer": ["diffusers", "FluxTransformer2DModel"]}'
    )
    await expect(openCheckpoint(folder)).rejects.toThrow(/is a FluxPipeline/)
  })
})

/** The least a single file of each layout has. */
const unet = (inputs = 4, context = 768): Record<string, number[]> => ({
  'model.diffusion_model.input_blocks.0.0.weight': [320, inputs, 3, 3],
  'model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight': [320, context]
})
const vae = {
  'first_stage_model.encoder.conv_in.weight': [128, 3, 3, 3],
  'first_stage_model.decoder.conv_in.weight': [512, 4, 3, 3]
}
const clipText = (prefix: string, width: number): Record<string, number[]> => ({
  [`${prefix}text_model.embeddings.token_embedding.weight`]: [49408, width],
  [`${prefix}text_model.embeddings.position_embedding.weight`]: [77, width]
})
const openText = (prefix: string, width: number): Record<string, number[]> => ({
  [`${prefix}token_embedding.weight`]: [100, width],
  [`${prefix}positional_embedding`]: [77, width]
})
const sd1 = { ...unet(), ...vae, ...clipText('cond_stage_model.transformer.', 64) }
const sd2 = { ...unet(4, 1024), ...vae, ...openText('cond_stage_model.model.', 128) }
const xl = {
  ...unet(4, 2048),
  ...vae,
  ...clipText('conditioner.embedders.0.transformer.', 64),
  ...openText('conditioner.embedders.1.model.', 128)
}

function fileOf(name: string, ...rest: Parameters<typeof safetensorsOf>): string {
  const file = path.join(temporaryFolder(), name)
  writeFileSync(file, safetensorsOf(...rest))
  return file
}

describe('what only names and numbers tell', () => {
  const cases = [
    [
      'model.safetensors',
      sd1,
      {},
      {
        family: 'sd1',
        prediction: 'epsilon',
        conditioning: 'none',
        nativeSize: 512,
        defaults: { guidance: 7, clipSkip: 1 }
      }
    ],
    ['model.safetensors', { ...sd1, v_pred: [] }, {}, { family: 'sd1', prediction: 'v' }],
    [
      'noobVPred.safetensors',
      xl,
      {},
      { family: 'sdxl', prediction: 'v', nativeSize: 1024, defaults: { steps: 25, guidance: 6, clipSkip: 2 } }
    ],
    ['model.safetensors', { ...xl, ...unet(9, 2048) }, {}, { family: 'sdxl', conditioning: 'inpaint' }],
    [
      'model.safetensors',
      { ...sd2, ...unet(9, 1024) },
      {},
      { family: 'sd2', conditioning: 'inpaint', prediction: 'epsilon', nativeSize: 512 }
    ],
    [
      'refiner.safetensors',
      { ...unet(4, 1280), ...vae, ...openText('conditioner.embedders.0.model.', 128) },
      {},
      { family: 'sdxl-refiner' }
    ],
    [
      'sd_xl_turbo_1.0.safetensors',
      xl,
      {},
      { distillation: 'turbo', nativeSize: 512, defaults: { steps: 4, guidance: 1 } }
    ],
    [
      'sdxl_lightning_8step.safetensors',
      xl,
      {},
      { distillation: 'lightning', defaults: { schedule: 'sgm-uniform', guidance: 1, steps: 8 } }
    ],
    [
      'dreamshaper_LCM.safetensors',
      sd1,
      {},
      { distillation: 'lcm', defaults: { sampler: 'lcm', steps: 6, guidance: 1.5 } }
    ],
    [
      'model.safetensors',
      { ...sd1, 'model.diffusion_model.time_embed.cond_proj.weight': [320, 256] },
      {},
      { distillation: 'lcm', defaults: { sampler: 'lcm', steps: 6, guidance: 8 } }
    ],
    [
      'model.safetensors',
      sd2,
      { 'modelspec.prediction_type': 'v', 'modelspec.resolution': '640x640' },
      { family: 'sd2', prediction: 'v', nativeSize: 640 }
    ]
  ] as const
  test.each(cases)('%s %#', async (name, tensors, metadata, info) => {
    const checkpoint = await openCheckpoint(fileOf(name, tensors, { metadata }))
    expect(checkpoint.info).toMatchObject(info)
    // Throws for an id that the catalogue does not have.
    findSampler(checkpoint.info.defaults.sampler)
    findSchedule(checkpoint.info.defaults.schedule)
    const isXl = checkpoint.info.family.startsWith('sdxl')
    expect(checkpoint.vae.latentScale).toBe(isXl ? 0.13025 : 0.18215)
  })

  test('SD 2 without any sidecar: a wide spread of one bias says v-prediction', async () => {
    const name = 'model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias'
    const tensors = { ...sd2, [name]: [320] }
    const file = fileOf('768.safetensors', tensors, { dtype: 'F32' })
    expect((await openCheckpoint(file)).info).toMatchObject({ prediction: 'epsilon', nativeSize: 512 })
    const bytes = readFileSync(file)
    // The last tensor of the file: ±0.2 has the deviation 0.2.
    for (let i = 0; i < 320; i++) bytes.writeFloatLE(i % 2 === 0 ? 0.2 : -0.2, bytes.length - 4 * (320 - i))
    writeFileSync(file, bytes)
    expect((await openCheckpoint(file)).info).toMatchObject({ prediction: 'v', nativeSize: 768 })
  })

  test('fused projections of OpenCLIP are thirds of one tensor', async () => {
    const block = 'conditioner.embedders.1.model.transformer.resblocks.5.attn.in_proj_weight'
    const { textEncoders } = await openCheckpoint(fileOf('xl.safetensors', { ...xl, [block]: [384, 128] }))
    const [q, k, v] = ['q', 'k', 'v'].map((x) =>
      textEncoders[1]!.weights.get(`text_model.encoder.layers.5.self_attn.${x}_proj.weight`)!
    )
    expect(q!.shape).toEqual([128, 128])
    expect([k!.offset - q!.offset, v!.offset - k!.offset, v!.length]).toEqual([
      q!.length,
      q!.length,
      128 * 128 * 2
    ])
  })

  test('what is missing is said', async () => {
    await expect(openCheckpoint(fileOf('a.safetensors', { ...unet(), ...vae }))).rejects.toThrow(
      /no text encoder/
    )
    await expect(
      openCheckpoint(fileOf('a.safetensors', { ...unet(), ...clipText('cond_stage_model.transformer.', 64) }))
    ).rejects.toMatchObject({
      code: 'model-incomplete',
      hint: 'Put one beside the model as a.vae.safetensors.'
    })
    await expect(openCheckpoint('/nowhere/model.safetensors')).rejects.toMatchObject({
      code: 'model-missing'
    })
  })
})

describe('what is not Stable Diffusion is refused by what it is', () => {
  const cases = [
    ['a LoRA', { 'lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight': [4, 320] }],
    ['a LoRA', { 'unet.down_blocks.0.attentions.0.to_q.lora_A.weight': [4, 320] }],
    ['a ControlNet', { 'control_model.input_hint_block.0.weight': [16, 3, 3, 3], ...sd1 }],
    ['an embedding', { emb_params: [4, 768] }],
    ['an upscaler', { 'conv_first.weight': [64, 3, 3, 3] }],
    [
      'Stable Diffusion 3',
      { 'model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight': [1, 1], ...vae }
    ],
    ['a Flux model', { 'double_blocks.0.img_attn.qkv.weight': [1, 1] }],
    ['a Flux model', { 'model.diffusion_model.double_blocks.0.img_attn.qkv.weight': [1, 1], ...vae }],
    [
      'Stable Video Diffusion',
      { ...sd1, 'model.diffusion_model.input_blocks.1.1.time_stack.0.ff.net.2.weight': [1, 1] }
    ],
    ['Stable Cascade', { 'clip_txt_mapper.weight': [1, 1] }],
    [
      'only an autoencoder',
      { 'encoder.conv_in.weight': [128, 3, 3, 3], 'decoder.conv_in.weight': [512, 4, 3, 3] }
    ],
    ['only a UNet', { 'down_blocks.0.resnets.0.conv1.weight': [1, 1], 'conv_in.weight': [320, 4, 3, 3] }],
    ['a language model', { 'model.layers.0.self_attn.q_proj.weight': [1, 1] }],
    ['a text encoder', { 'text_model.encoder.layers.0.mlp.fc1.weight': [1, 1] }],
    ['InstructPix2Pix', { ...sd1, ...unet(8) }],
    ['an upscaler', { ...sd1, ...unet(7) }],
    ['not a model Marquee knows', { something: [1] }]
  ] as const
  test.each(cases)('%s %#', async (what, tensors) => {
    const error: unknown = await openCheckpoint(fileOf('thing.safetensors', tensors)).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'model-unsupported' })
    expect(String(error)).toContain(what)
    expect(String(error)).toContain('thing.safetensors')
  })

  test('a dtype that cannot be computed with, in a network, is named; elsewhere it does not matter', async () => {
    const doubles = fileOf('a.safetensors', sd1, { dtype: 'F64' })
    await expect(openCheckpoint(doubles)).rejects.toThrow(/as F64/)
  })
})

test('a file of 2 GB opens by its header alone, in less than 50 ms', async () => {
  const tensors: Record<string, number[]> = { ...sd1 }
  for (let i = 0; i < 1000; i++)
    tensors[`model.diffusion_model.output_blocks.${i}.0.in_layers.2.weight`] = [1000, 1000]
  // The header of the real thing over a file that is one hole.
  const file = path.join(temporaryFolder(), 'large.safetensors')
  let end = 0
  const header = Buffer.from(
    JSON.stringify(
      Object.fromEntries(
        Object.entries(tensors).map(([name, shape]) => {
          const begin = end
          end += 2 * shape.reduce((product, dim) => product * dim, 1)
          return [name, { dtype: 'F16', shape, data_offsets: [begin, end] }]
        })
      )
    )
  )
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const descriptor = openSync(file, 'w')
  writeSync(descriptor, Buffer.concat([length, header]))
  ftruncateSync(descriptor, 8 + header.length + end)
  closeSync(descriptor)
  expect(end).toBeGreaterThan(2e9)

  const times: number[] = []
  for (let i = 0; i < 5; i++) {
    const start = performance.now()
    await openCheckpoint(file)
    times.push(performance.now() - start)
  }
  expect(Math.min(...times)).toBeLessThan(50)
})

test('a folder without model_index.json is no model', async () => {
  const folder = path.join(temporaryFolder(), 'empty')
  mkdirSync(folder)
  await expect(openCheckpoint(folder)).rejects.toThrow(/model_index\.json.*missing/)
})
