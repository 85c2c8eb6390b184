import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  openExtensions,
  type ExtensionLibrary
} from '../../../../bridge-server/weights/extensions/extension-library.ts'
import { fitLora } from '../../../../bridge-server/weights/extensions/lora-fit.ts'
import { openCheckpoint } from '../../../../bridge-server/weights/open-checkpoint.ts'
import { findGolden } from '../../../support/golden.ts'
import { safetensorsOf, temporaryFolder } from '../../../support/tensor-files.ts'

function libraryOf(files: Readonly<Record<string, Buffer>>): ExtensionLibrary {
  const root = temporaryFolder()
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), bytes)
  }
  return openExtensions({ folders: () => Promise.resolve([root]), cacheFolder: temporaryFolder() })
}

const layer = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k'
const plainLayer = { [`${layer}.lora_down.weight`]: [4, 768], [`${layer}.lora_up.weight`]: [320, 4] }
const lora = (metadata: Record<string, string> = {}, more: Record<string, readonly number[]> = {}): Buffer =>
  safetensorsOf({ ...plainLayer, ...more }, { metadata })

test('kinds follow from tensors, wherever the files lie', async () => {
  const library = libraryOf({
    'embeddings/really a lora.safetensors': lora(),
    'Lora/fox.safetensors': safetensorsOf({ emb_params: [2, 768] }),
    'anywhere/pair.safetensors': safetensorsOf({ clip_l: [2, 768], clip_g: [2, 1280] }),
    'control.safetensors': safetensorsOf({ 'control_model.zero_convs.0.0.weight': [320, 320, 1, 1] }),
    'model.safetensors': safetensorsOf({ 'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3] }),
    'vae.safetensors': safetensorsOf({ 'encoder.conv_in.weight': [128, 3, 3, 3], 'decoder.x': [1] })
  })
  const found = (await library.list()).map(({ id, kind, family }) => [id, kind, family])
  expect(found).toEqual([
    ['Lora/fox', 'embedding', 'sd1'],
    ['anywhere/pair', 'embedding', 'sdxl'],
    ['control', 'controlnet', null],
    ['embeddings/really a lora', 'lora', 'sd1']
  ])
})

test('a union of ControlNets tells which kinds of maps it knows, in either layout; others tell of none', async () => {
  const net = { 'controlnet_cond_embedding.conv_in.weight': [16, 3, 3, 3] }
  const library = libraryOf({
    'six.safetensors': safetensorsOf({ ...net, task_embedding: [6, 320] }),
    'eight.safetensors': safetensorsOf({ ...net, task_embedding: [8, 320] }),
    'prefixed.safetensors': safetensorsOf({
      'control_model.zero_convs.0.0.weight': [320, 320, 1, 1],
      'control_model.task_embedding': [6, 320]
    }),
    'plain.safetensors': safetensorsOf(net)
  })
  const kinds = Object.fromEntries((await library.list()).map((each) => [each.name, each.kinds]))
  const six = ['pose', 'depth', 'soft-edge', 'lines', 'normal', 'segmentation']
  expect(kinds).toEqual({ six, eight: [...six, 'tile', 'inpaint'], prefixed: six, plain: undefined })
})

test('trigger words are read from what helpers keep beside the file', async () => {
  const library = libraryOf({
    'a.safetensors': lora(),
    'a.civitai.info': Buffer.from(JSON.stringify({ trainedWords: ['ink drawing, wash', 'mt style', 7] })),
    'b.safetensors': lora(),
    'b.json': Buffer.from(JSON.stringify({ 'activation text': 'fox' })),
    'b.civitai.info': Buffer.from(JSON.stringify({ trainedWords: ['not this'] })),
    'c.safetensors': lora({ 'modelspec.trigger_phrase': 'said by itself' }),
    'c.civitai.info': Buffer.from(JSON.stringify({ trainedWords: ['not this'] })),
    'd.safetensors': lora(),
    'd.civitai.info': Buffer.from('{ broken')
  })
  const triggers = (await library.list()).map(({ name, triggers: words }) => [name, words])
  expect(triggers).toEqual([
    ['a', ['ink drawing', 'wash', 'mt style']],
    ['b', ['fox']],
    ['c', ['said by itself']],
    ['d', []]
  ])
})

test('trees as the web UI and ComfyUI have them are read alike', async () => {
  const te2 = 'lora_te2_text_model_encoder_layers_0_self_attn_q_proj'
  const cross = (path: string, width: number) => ({
    [`${path}.lora_down.weight`]: [4, width],
    [`${path}.lora_up.weight`]: [640, 4]
  })
  const xl = cross('lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k', 2048)
  const net = {
    'zero_convs.0.0.weight': [320, 320, 1, 1],
    'input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight': [640, 2048]
  }
  const esrgan = { 'model.0.weight': [64, 3, 3, 3], 'model.1.sub.0.RDB1.conv1.0.weight': [32, 64, 3, 3] }
  const hypernetwork = { '768.0.linear.0.weight': [1536, 768], '768.1.linear.0.weight': [1536, 768] }
  const tiny = { '1.weight': [64, 4, 3, 3], '3.conv.0.weight': [64, 64, 3, 3] }
  const shapes: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
    'webui/models/Lora/style.safetensors': plainLayer,
    'webui/models/LyCORIS/look.safetensors': {
      [`${layer}.hada_w1_a`]: [320, 4],
      [`${layer}.hada_w1_b`]: [4, 768]
    },
    'webui/models/hypernetworks/hyper.safetensors': hypernetwork,
    'webui/models/ControlNet/xl.safetensors': net,
    'webui/models/ESRGAN/4x.safetensors': esrgan,
    'webui/models/VAE-approx/taesd_decoder.safetensors': tiny,
    'webui/embeddings/bad-hands.safetensors': { emb_params: [3, 768] },
    'webui/extensions/sd-webui-controlnet/models/edges.safetensors': {
      ...net,
      'control_model.zero_convs.0.0.weight': [1]
    },
    'comfy/models/loras/sub/xl.safetensors': { ...xl, [`${te2}.lora_down.weight`]: [4, 1280] },
    'comfy/models/loras/kron.safetensors': {
      [`${layer}.lokr_w1`]: [16, 16],
      [`${layer}.lokr_w2_a`]: [20, 4],
      [`${layer}.lokr_w2_b`]: [4, 64]
    },
    'comfy/models/loras/text-only.safetensors': {
      [`${te2}.lora_down.weight`]: [4, 1280],
      [`${te2}.lora_up.weight`]: [1280, 4]
    },
    'comfy/models/embeddings/pair.safetensors': { clip_l: [2, 768], clip_g: [2, 1280] },
    'comfy/models/controlnet/sd2.safetensors': {
      'control_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight': [320, 1024],
      'control_model.zero_convs.0.0.weight': [320, 320, 1, 1]
    },
    'comfy/models/upscale_models/2x.safetensors': esrgan,
    'comfy/models/vae_approx/taesdxl_decoder.safetensors': tiny,
    'comfy/models/style_models/style.safetensors': {
      'ln_post.weight': [1024],
      style_embedding: [1, 8, 1024]
    },
    'comfy/models/clip_vision/clip.safetensors': {
      'vision_model.embeddings.class_embedding': [1280],
      'vision_model.post_layernorm.weight': [1280]
    },
    'comfy/models/checkpoints/model.safetensors': {
      'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3]
    }
  }
  const library = libraryOf(
    Object.fromEntries(Object.entries(shapes).map(([name, each]) => [name, safetensorsOf(each)]))
  )
  const found = (await library.list()).map(({ id, kind, family }) => `${id} ${kind} ${family}`)
  expect(found).toEqual([
    'comfy/models/controlnet/sd2 controlnet sd2',
    'comfy/models/embeddings/pair embedding sdxl',
    'comfy/models/loras/kron lora sd2',
    'comfy/models/loras/sub/xl lora sdxl',
    'comfy/models/loras/text-only lora sdxl',
    'comfy/models/upscale_models/2x upscaler null',
    'comfy/models/vae_approx/taesdxl_decoder taesd sdxl',
    'webui/embeddings/bad-hands embedding sd1',
    'webui/extensions/sd-webui-controlnet/models/edges controlnet sdxl',
    'webui/models/ControlNet/xl controlnet sdxl',
    'webui/models/ESRGAN/4x upscaler null',
    'webui/models/Lora/style lora sd1',
    'webui/models/LyCORIS/look lora sd1',
    'webui/models/VAE-approx/taesd_decoder taesd sd1',
    'webui/models/hypernetworks/hyper hypernetwork sd1'
  ])
})

describe('trigger words', () => {
  const triggers = async (metadata: Record<string, string>) =>
    (await libraryOf({ 'a.safetensors': lora(metadata) }).list())[0]?.triggers

  test('are what the maker says', async () => {
    expect(await triggers({ 'modelspec.trigger_phrase': 'sks dog, park', ss_tag_frequency: '{}' })).toEqual([
      'sks dog',
      'park'
    ])
  })

  test('else the most frequent tags of the training pictures', async () => {
    const tags = JSON.stringify({ '10_a': { dog: 3, sks: 9 }, '5_b': { dog: 2, cat: 1 } })
    expect(await triggers({ ss_tag_frequency: tags })).toEqual(['sks', 'dog', 'cat'])
  })

  test('are none where metadata is no JSON', async () => {
    expect(await triggers({ ss_tag_frequency: '[[[' })).toEqual([])
  })
})

test('a missing name is reported with those most like it', async () => {
  const library = libraryOf({ 'Lora/watercolour.safetensors': lora() })
  await expect(library.lora('watercolor')).rejects.toMatchObject({
    code: 'model-missing',
    message: 'There is no LoRA “watercolor”.',
    hint: 'Did you mean “watercolour”?'
  })
  await expect(library.require([{ kind: 'hypernetwork', name: 'x' }])).rejects.toThrow('hypernetwork “x”')
})

test('a damaged file of the wanted name says so, and the others work', async () => {
  const library = libraryOf({ 'bad.safetensors': lora().subarray(0, -10), 'good.safetensors': lora() })
  await expect(library.lora('bad')).rejects.toMatchObject({ code: 'model-unreadable' })
  await expect(library.lora('bad')).rejects.toThrow('bad.safetensors')
  await expect(library.lora('good')).resolves.toMatchObject({ name: 'good' })
})

test.each([
  [{ [`${layer}.hada_w1_a`]: [320, 4] }, /has no hada_w1_b part/],
  [{ [`${layer}.lora_mid.weight`]: [4, 4, 1, 1] }, /has only mid.weight/],
  [{ [`${layer}.lokr_w1`]: [4, 4], [`${layer}.hada_t1`]: [4, 4, 1, 1] }, /has no lokr_w2 part/],
  [{ ...plainLayer, [`${layer}.hada_t1`]: [4, 4, 1, 1] }, /has hada_t1 beside down.weight/],
  [{ ...plainLayer, [`${layer}.lora_up.weight`]: [320, 5] }, /goes down to rank 4 and up from 5/]
])('a layer whose tensors do not make one is damaged: %o', async (shapes, message) => {
  const library = libraryOf({ 'x.safetensors': safetensorsOf(shapes) })
  await expect(library.lora('x')).rejects.toMatchObject({ code: 'model-unreadable' })
  await expect(library.lora('x')).rejects.toThrow(message)
})

test('a tensor that no LoRA has is named', async () => {
  const library = libraryOf({ 'x.safetensors': lora({}, { [`${layer}.bias_values`]: [4] }) })
  await expect(library.lora('x')).rejects.toThrow(/bias_values/)
})

test.each([
  ['an IP-Adapter', { 'image_proj.proj.weight': [8, 8], 'ip_adapter.1.to_k_ip.weight': [8, 8] }],
  ['a T2I-Adapter', { 'body.0.block1.weight': [8, 8, 3, 3], 'conv_in.weight': [8, 192, 3, 3] }],
  ['a T2I-Adapter', { 'adapter.body.0.resnets.0.block1.weight': [8, 8, 3, 3] }],
  ['a ControlNet-LLLite', { 'lllite_unet_input_blocks_4_1_attn1_to_k.down.0.weight': [8, 8] }],
  [
    'a ControlNet-XS',
    {
      'control_model.input_hint_block.0.weight': [16, 3, 3, 3],
      'control_model.enc_zero_convs_out.0.weight': [8, 8, 1, 1]
    }
  ],
  ['a ControlNet for Stable Diffusion 3 or Flux', { 'controlnet_blocks.0.weight': [8, 8] }],
  ['an AnimateDiff motion module', { 'down_blocks.0.motion_modules.0.temporal_transformer.norm.weight': [8] }]
] as const)('%s is named where it is asked for as a ControlNet, and not listed', async (is, shapes) => {
  const library = libraryOf({ 'controlnet/thing.safetensors': safetensorsOf(shapes) })
  expect(await library.list()).toEqual([])
  await expect(library.require([{ kind: 'controlnet', name: 'thing' }])).rejects.toMatchObject({
    code: 'model-unsupported',
    message: expect.stringMatching(`thing.safetensors is ${is}, which Marquee cannot run`) as string
  })
})

const folder = findGolden('extensions')

describe.skipIf(folder === null)('golden files', () => {
  const copied = (...names: readonly string[]): ExtensionLibrary => {
    const root = temporaryFolder()
    for (const name of names) cpSync(path.join(folder!, name), path.join(root, name), { recursive: true })
    return openExtensions({ folders: () => Promise.resolve([root]), cacheFolder: temporaryFolder() })
  }

  test('every kind is recognised', async () => {
    const library = openExtensions({
      folders: () => Promise.resolve([folder!]),
      cacheFolder: temporaryFolder()
    })
    const found = (await library.list()).map(({ kind, name }) => `${kind} ${name}`)
    expect(new Set(found)).toEqual(
      new Set([
        'annotator model',
        ...['upscaler esrgan-new', 'upscaler esrgan-old', 'upscaler esrgan-real'],
        ...['taesd taesd_decoder', 'taesd taesd_encoder'],
        ...['lora lora-kohya', 'lora lora-peft', 'lora locon-kohya'],
        ...['controlnet controlnet.fp16', 'controlnet controlnet'],
        ...['embedding golden-fox', 'embedding golden-fox-xl'],
        ...['hypernetwork hyper-context', 'hypernetwork hyper-full', 'hypernetwork hyper-norm']
      ])
    )
  })

  test.each(['lora-kohya', 'lora-peft', 'locon-kohya'])(
    '%s fits the model that it was made for, and no other',
    async (name) => {
      const { content } = await copied(`${name}.safetensors`).lora(name)
      const sd1 = await openCheckpoint(path.join(folder!, '../checkpoints/sd1.fp16.safetensors'))
      const fitted = fitLora(content, sd1, { name })
      expect(fitted.unet.size + fitted.texts[0]!.size).toBe(214)
      const other = await openCheckpoint(path.join(folder!, '../checkpoints/sdxl.fp16.safetensors'))
      expect(() => fitLora(content, other, { name })).toThrow(/does not fit/)
    }
  )

  test('a hypernetwork’s settings stand in its pickle', async () => {
    const { content } = await copied('hyper-norm.pt').hypernetwork('hyper-norm')
    expect(content).toMatchObject({ activation: 'swish', activateOutput: false })
    expect([...content.widths.keys()]).toEqual([8, 32, 64])
    expect(content.widths.get(8)?.[0].names).toContain('linear.4.weight')
  })

  test('a ControlNet has the same names from LDM and diffusers', async () => {
    const library = copied('controlnet.fp16.safetensors', 'controlnet')
    const [ldm, diffusers] = [
      await library.controlNet('controlnet.fp16'),
      await library.controlNet('controlnet')
    ]
    expect([...diffusers.content.weights.names].sort()).toEqual([...ldm.content.weights.names].sort())
  })

  test.each(['golden-fox.pt', 'golden-fox.safetensors'])('%s holds two vectors', async (file) => {
    const [found] = await copied(file).embeddings()
    const { content } = await found!.open()
    expect(content.vectors.map(({ shape }) => shape)).toEqual([[2, 8]])
    expect(readFileSync(content.vectors[0]!.file).length).toBeGreaterThan(content.vectors[0]!.offset)
  })
})
