import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { catalogueOf } from '../../../bridge-server/catalogue.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { openLibrary } from '../../../bridge-server/weights/library.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { safetensorsOf, temporaryFolder } from '../../support/tensor-files.ts'

const pocket = path.resolve(import.meta.dirname, '../../../models/pocket')
const model = safetensorsOf({
  'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3],
  'first_stage_model.encoder.conv_in.weight': [128, 3, 3, 3],
  'first_stage_model.decoder.conv_in.weight': [512, 4, 3, 3],
  'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight': [100, 64],
  'cond_stage_model.transformer.text_model.embeddings.position_embedding.weight': [77, 64]
})
const vae = safetensorsOf({
  'encoder.conv_in.weight': [128, 3, 3, 3],
  'decoder.conv_in.weight': [512, 4, 3, 3]
})
const layer = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k'
const lora = safetensorsOf({ [`${layer}.lora_down.weight`]: [4, 768], [`${layer}.lora_up.weight`]: [320, 4] })
const controlNet = safetensorsOf({ 'controlnet_cond_embedding.conv_in.weight': [16, 3, 3, 3] })

/** A models folder, and a place outside of it. */
function places() {
  const base = temporaryFolder()
  const [root, outside] = [path.join(base, 'models'), path.join(base, 'outside')]
  mkdirSync(root)
  mkdirSync(outside)
  return { root, outside }
}

function put(folder: string, name: string, bytes: Uint8Array | string): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, bytes)
  return file
}

/** Windows makes junctions of links to folders, for which nobody needs a privilege. */
function link(to: string, folder: string, name: string): string {
  const place = path.join(folder, name)
  mkdirSync(path.dirname(place), { recursive: true })
  symlinkSync(to, place, 'junction')
  return place
}

function librariesOf(...folders: readonly string[]) {
  const cacheFolder = temporaryFolder()
  const library = openLibrary({ folders, cacheFolder, settingsFile: path.join(cacheFolder, 'models.json') })
  onTestFinished(() => library.close())
  const extensions = openExtensions({ folders: () => library.searched(), cacheFolder })
  const listed = async () => {
    const { models, extensions: beside, vaes, refused } = await catalogueOf(library, extensions)
    return {
      models: models.map(({ id }) => id),
      beside: beside.map(({ id }) => id),
      vaes: vaes.map(({ id }) => id),
      refused: refused.map(({ id, code, leadsTo }) => [id, code, leadsTo])
    }
  }
  return { library, extensions, listed }
}

const none = { models: [], beside: [], vaes: [], refused: [] }

describe('a link that leads out of the models folders is not read, and told', () => {
  test('to a file', async () => {
    const { root, outside } = places()
    const target = put(outside, 'sd.safetensors', model)
    link(target, root, 'deep/sd.safetensors')
    const { library, listed } = librariesOf(root)
    expect(await listed()).toEqual({
      ...none,
      refused: [['deep/sd.safetensors', 'model-outside', target]]
    })
    const [told] = (await library.catalogue()).refused
    expect(told).toMatchObject({
      message: expect.stringContaining(path.join('deep', 'sd.safetensors')) as string,
      hint: expect.stringContaining('Add the folder') as string
    })
    await expect(library.find('deep/sd')).rejects.toMatchObject({ code: 'model-outside' })
  })

  test('where it leads is in no message, for jobs and people elsewhere have it', async () => {
    const { root, outside } = places()
    link(put(outside, 'sd.safetensors', model), root, 'sd.safetensors')
    const { library } = librariesOf(root)
    const { message, hint } = (await library.catalogue()).refused[0]!
    const error: unknown = await library.find('sd').catch((thrown: unknown) => thrown)
    for (const text of [message, hint, String(error)]) expect(text).not.toContain('outside/')
  })

  test('to a folder, whatever is in it', async () => {
    const { root, outside } = places()
    put(outside, 'sd.safetensors', model)
    put(outside, 'Lora/ink.safetensors', lora)
    put(outside, 'vae/soft.safetensors', vae)
    cpSync(pocket, path.join(outside, 'pocket'), { recursive: true })
    link(outside, root, 'more')
    expect(await librariesOf(root).listed()).toEqual({
      ...none,
      refused: [['more', 'model-outside', outside]]
    })
  })

  test('through other links', async () => {
    const { root, outside } = places()
    const target = put(outside, 'sd.safetensors', model)
    link(target, outside, 'one.safetensors')
    link(path.join(outside, 'one.safetensors'), outside, 'two.safetensors')
    link(path.join('..', 'outside', 'two.safetensors'), root, 'three.safetensors')
    expect((await librariesOf(root).listed()).refused).toEqual([
      ['three.safetensors', 'model-outside', target]
    ])
  })

  test('behind a link that does not', async () => {
    const { root, outside } = places()
    const target = put(outside, 'sd.safetensors', model)
    link(target, path.join(root, 'a'), 'sd.safetensors')
    link(path.join(root, 'a'), root, 'b')
    expect(await librariesOf(root).listed()).toEqual({
      ...none,
      refused: [['a/sd.safetensors', 'model-outside', target]]
    })
  })

  test('to an add-on, a VAE or an embedding, which the prompt then names in vain', async () => {
    const { root, outside } = places()
    link(put(outside, 'ink.safetensors', lora), root, 'Lora/ink.safetensors')
    link(put(outside, 'soft.safetensors', vae), root, 'vae/soft.safetensors')
    link(put(outside, 'old.pt', 'nothing'), root, 'embeddings/old.pt')
    const { extensions, listed } = librariesOf(root)
    const { refused, ...found } = await listed()
    expect(found).toEqual({ models: [], beside: [], vaes: [] })
    expect(refused.map(([id]) => id)).toEqual([
      'Lora/ink.safetensors',
      'embeddings/old.pt',
      'vae/soft.safetensors'
    ])
    await expect(extensions.lora('ink')).rejects.toMatchObject({ code: 'model-outside' })
    await expect(extensions.require([{ kind: 'lora', name: 'Lora/ink' }])).rejects.toMatchObject({
      code: 'model-outside'
    })
    const [embedding] = await extensions.embeddings()
    await expect(embedding!.open()).rejects.toMatchObject({ code: 'model-outside' })
  })

  test.each(['sd.yaml', 'sd.json', 'sd.vae.safetensors'])(
    'to what is read beside a model: %s',
    async (name) => {
      const { root, outside } = places()
      put(root, 'sd.safetensors', model)
      const target = put(outside, name, name === 'sd.vae.safetensors' ? vae : '{}')
      link(target, root, name)
      const { library, listed } = librariesOf(root)
      const { models, refused } = await listed()
      expect(models).toEqual([])
      expect(refused).toEqual([
        ['sd', 'model-outside', target],
        [name, 'model-outside', target]
      ])
      await expect(library.find('sd')).rejects.toMatchObject({ code: 'model-outside' })
    }
  )

  test('to the notes and the picture of an add-on, which is there without them', async () => {
    const { root, outside } = places()
    put(root, 'Lora/ink.safetensors', lora)
    link(put(outside, 'ink.png', 'secret'), root, 'Lora/ink.png')
    link(put(outside, 'ink.json', '{"activation text": "secret"}'), root, 'Lora/ink.json')
    const { extensions, listed } = librariesOf(root)
    expect(await extensions.list()).toMatchObject([{ id: 'Lora/ink', triggers: [] }])
    expect(await extensions.picture('Lora/ink')).toBeNull()
    expect((await listed()).refused.map(([id]) => id)).toEqual(['Lora/ink.json', 'Lora/ink.png'])
  })

  test.each([
    'model_index.json',
    'unet',
    'unet/config.json',
    'unet/diffusion_pytorch_model.safetensors',
    'tokenizer/vocab.json'
  ])('to a part of a diffusers folder: %s', async (name) => {
    const { root, outside } = places()
    const folder = path.join(root, 'pocket')
    cpSync(pocket, folder, { recursive: true })
    renameSync(path.join(folder, name), path.join(outside, 'part'))
    link(path.join(outside, 'part'), folder, name)
    const { library, listed } = librariesOf(root)
    expect(await listed()).toEqual({
      ...none,
      refused: [['pocket', 'model-outside', path.join(outside, 'part')]]
    })
    await expect(library.find('pocket')).rejects.toMatchObject({ code: 'model-outside' })
  })

  test('to a part of a ControlNet’s folder', async () => {
    const { root, outside } = places()
    put(root, 'canny/diffusion_pytorch_model.safetensors', controlNet)
    const target = put(outside, 'config.json', '{}')
    link(target, root, 'canny/config.json')
    const { extensions } = librariesOf(root)
    await expect(extensions.controlNet('canny')).rejects.toMatchObject({ code: 'model-outside' })
  })

  test('to one that was not a link when it was listed', async () => {
    const { root, outside } = places()
    const file = put(root, 'sd.safetensors', model)
    const { library, listed } = librariesOf(root)
    expect((await listed()).models).toEqual(['sd'])
    rmSync(file)
    link(put(outside, 'sd.safetensors', model), root, 'sd.safetensors')
    await expect(library.find('sd')).rejects.toMatchObject({ code: 'model-outside' })
  })

  test('to nowhere, or round to itself', async () => {
    const { root, outside } = places()
    link(path.join(outside, 'gone.safetensors'), root, 'dead.safetensors')
    link(path.join(root, 'round.safetensors'), root, 'round.safetensors')
    const { library, listed } = librariesOf(root)
    expect((await listed()).refused).toEqual([
      ['dead.safetensors', 'model-missing', path.join(outside, 'gone.safetensors')],
      ['round.safetensors', 'model-missing', path.join(root, 'round.safetensors')]
    ])
    await expect(library.find('dead')).rejects.toThrow(/is a link that leads nowhere/)
  })

  test('but not what nobody would have read', async () => {
    const { root, outside } = places()
    link(put(outside, 'notes.txt', 'text'), root, 'notes.txt')
    link(outside, root, '.hidden')
    expect(await librariesOf(root).listed()).toEqual(none)
  })
})

describe('a link that leads to a models folder is followed', () => {
  test('within one, where nothing is listed twice and circles end', async () => {
    const { root } = places()
    put(root, 'a/one.safetensors', model)
    link(path.join(root, 'a', 'one.safetensors'), root, 'again.safetensors')
    link(root, root, 'a/circle')
    expect(await librariesOf(root, root, path.join(root, 'missing')).listed()).toEqual({
      ...none,
      models: ['a/one']
    })
  })

  test('to another one, also when that was added later', async () => {
    const { root, outside } = places()
    put(outside, 'far/two.safetensors', model)
    link(path.join(outside, 'far'), root, 'b')
    expect(await librariesOf(root, outside).listed()).toEqual({ ...none, models: ['b/two'] })
    const { library, listed } = librariesOf(root)
    expect((await listed()).refused.map(([id]) => id)).toEqual(['b'])
    await library.addFolder(outside)
    expect(await listed()).toEqual({ ...none, models: ['b/two'] })
  })

  test('but not to one whose name only begins alike', async () => {
    const { root } = places()
    const target = put(`${root}-old`, 'sd.safetensors', model)
    link(target, root, 'sd.safetensors')
    expect((await librariesOf(root).listed()).refused).toEqual([['sd.safetensors', 'model-outside', target]])
  })

  test('when it is the models folder itself', async () => {
    const { root, outside } = places()
    put(outside, 'sd.safetensors', model)
    expect((await librariesOf(link(outside, root, 'here')).listed()).models).toEqual(['sd'])
  })

  test('when it is a file that was named, with what lies beside the name', async () => {
    const { root, outside } = places()
    const named = link(put(outside, 'blob', model), root, 'sd.safetensors')
    put(root, 'sd.json', '{"prediction": "v"}')
    const { library } = librariesOf(named)
    expect((await library.catalogue()).models).toMatchObject([{ id: 'sd', prediction: 'v' }])
    link(put(outside, 'blob.yaml', ''), root, 'sd.yaml')
    await expect(library.find('sd')).rejects.toMatchObject({ code: 'model-outside' })
  })

  test('to the blobs of a revision in a Hugging Face cache, and not to those of another repository', async () => {
    const { root } = places()
    const [own, other] = ['models--org--own', 'models--org--other'].map((name) => path.join(root, name))
    const revision = path.join(own!, 'snapshots', 'abc')
    mkdirSync(path.join(own!, 'blobs'), { recursive: true })
    cpSync(pocket, revision, { recursive: true })
    const moved = path.join('unet', 'diffusion_pytorch_model.safetensors')
    renameSync(path.join(revision, moved), path.join(own!, 'blobs', '0123'))
    link(path.join('..', '..', '..', 'blobs', '0123'), revision, moved)
    expect((await librariesOf(revision).listed()).models).toEqual(['abc'])
    expect((await librariesOf(root).listed()).models).toEqual(['models--org--own/snapshots/abc'])

    const target = put(other!, 'blobs/4567', model)
    link(target, revision, 'unet/more.safetensors')
    expect((await librariesOf(revision).listed()).refused).toEqual([['abc', 'model-outside', target]])
  })
})

test('what a person names to be opened may be a link', async () => {
  const { root, outside } = places()
  const named = link(put(outside, 'sd.safetensors', model), root, 'sd.safetensors')
  expect((await openCheckpoint(named)).info.family).toBe('sd1')
})

// Root may read everything, and Windows knows no such mode.
test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
  'a folder that may not be read hides nothing but itself, and is told',
  async () => {
    const { root } = places()
    put(root, 'sd.safetensors', model)
    put(root, 'lost+found/other.safetensors', model)
    chmodSync(path.join(root, 'lost+found'), 0)
    onTestFinished(() => chmodSync(path.join(root, 'lost+found'), 0o700))
    expect(await librariesOf(root).listed()).toEqual({
      ...none,
      models: ['sd'],
      refused: [['lost+found', 'model-unreadable', undefined]]
    })
  }
)

test.skipIf(process.platform === 'win32')(
  'a pipe is no file: nobody waits for what never comes out of it',
  async () => {
    const { root } = places()
    put(root, 'sd.safetensors', model)
    put(root, 'Lora/ink.safetensors', lora)
    const pipes = [
      'pipe.safetensors',
      'old.ckpt',
      'Lora/a.safetensors',
      'Lora/ink.json',
      'Lora/ink.png',
      'vae/b.pt'
    ]
    for (const name of pipes) {
      mkdirSync(path.join(root, path.dirname(name)), { recursive: true })
      execFileSync('mkfifo', [path.join(root, name)])
    }
    const { extensions, library, listed } = librariesOf(root)
    const { models, beside, refused } = await listed()
    expect({ models, beside }).toEqual({ models: ['sd'], beside: ['Lora/ink'] })
    expect(refused.map(([id, code]) => [id, code])).toEqual([
      ['old', 'model-unreadable'],
      ['pipe', 'model-unreadable']
    ])
    await expect(library.find('pipe')).rejects.toThrow(/it is no file, but a folder, a pipe or a device/)
    await expect(extensions.lora('a')).rejects.toMatchObject({ code: 'model-unreadable' })
    expect(await extensions.picture('Lora/ink')).toBeNull()
  }
)
