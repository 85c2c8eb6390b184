import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openLibrary, type Library } from '../../../bridge-server/weights/library.ts'
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
const lora = safetensorsOf({ 'lora_unet_x.lora_down.weight': [4, 8] })

/** A folder with these files (null: a copy of Pocket). */
function tree(files: Readonly<Record<string, Buffer | null>>): string {
  const root = temporaryFolder()
  for (const [name, bytes] of Object.entries(files)) {
    const file = path.join(root, name)
    mkdirSync(path.dirname(file), { recursive: true })
    if (bytes === null) cpSync(pocket, file, { recursive: true })
    else writeFileSync(file, bytes)
  }
  return root
}

function libraryOf(folders: readonly string[], cacheFolder = temporaryFolder()): Library {
  const library = openLibrary({ folders, cacheFolder, settingsFile: path.join(cacheFolder, 'models.json') })
  onTestFinished(() => library.close())
  return library
}

const ids = async (library: Library): Promise<{ models: string[]; refused: string[] }> => {
  const { models, refused } = await library.catalogue()
  return { models: models.map(({ id }) => id), refused: refused.map(({ id }) => id) }
}

test('finds files and diffusers folders at any depth, under their paths', async () => {
  const root = tree({
    'a_model-v1.safetensors': model,
    'deep/er/b.safetensors': model,
    'deep/pocket': null,
    'notes.txt': model
  })
  const { models, refused } = await libraryOf([root]).catalogue()
  expect(models.map(({ id, name }) => [id, name])).toEqual([
    ['a_model-v1', 'A model v1'],
    ['deep/er/b', 'B'],
    ['deep/pocket', 'Pocket']
  ])
  expect(refused).toEqual([])
})

test('reads the folders of A1111 and ComfyUI as they are', async () => {
  const a1111 = tree({
    'models/Stable-diffusion/one.safetensors': model,
    'models/Stable-diffusion/one.vae.safetensors': vae,
    'models/Lora/x.safetensors': lora,
    'models/VAE/y.safetensors': lora,
    'models/ESRGAN/z.pth': lora,
    'embeddings/e.pt': lora
  })
  const comfy = tree({
    'models/checkpoints/two.safetensors': model,
    'models/loras/x.safetensors': lora,
    'models/upscale_models/z.pth': lora,
    'models/controlnet/c.safetensors': lora
  })
  expect(await ids(libraryOf([a1111, comfy]))).toEqual({
    models: ['models/Stable-diffusion/one', 'models/checkpoints/two'],
    refused: []
  })
})

test('a file that cannot be used is listed with the reason, and does not hide the others', async () => {
  const root = tree({
    'good.safetensors': model,
    'half.safetensors': model.subarray(0, 300),
    'style.safetensors': lora
  })
  const { models, refused } = await libraryOf([root]).catalogue()
  expect(models.map(({ id }) => id)).toEqual(['good'])
  expect(refused.map(({ id }) => id)).toEqual(['half', 'style'])
  expect(refused[0]!.message).toMatch(/truncated/)
  expect(refused[1]!.message).toMatch(/is a LoRA/)
  expect(refused[1]!.hint).toMatch(/models\/loras/)
})

test('ids stay unique, and the safetensors file keeps the short one', async () => {
  const [one, two] = [tree({ 'a.ckpt': model, 'a.safetensors': model }), tree({ 'a.safetensors': model })]
  const { models, refused } = await ids(libraryOf([one, two]))
  expect(models).toEqual(['a', `${path.basename(two)}/a`])
  expect(refused).toEqual(['a.ckpt'])
})

test('a folder may itself be a model, and a file too', async () => {
  const root = tree({ 'mine/pocket': null, 'solo.safetensors': model })
  const folders = [path.join(root, 'mine', 'pocket'), path.join(root, 'solo.safetensors')]
  expect((await ids(libraryOf(folders))).models).toEqual(['pocket', 'solo'])
})

test('find opens by id, and otherwise says what there is', async () => {
  const library = libraryOf([tree({ 'sub/one.safetensors': model, 'bad.safetensors': lora })])
  expect((await library.find('sub/one')).info).toMatchObject({ id: 'sub/one', family: 'sd1' })
  const error: unknown = await library.find('two').catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'model-missing', hint: 'The models here are: sub/one.' })
  expect(String(error)).toContain('“two”')
  await expect(library.find('bad')).rejects.toMatchObject({ code: 'model-unsupported' })
  const empty = tree({})
  await expect(libraryOf([empty]).find('x')).rejects.toMatchObject({
    hint: `No models were found; put one into ${empty}.`
  })
})

test('files that come, change and go are seen at the next look', async () => {
  const root = tree({ 'a.safetensors': model })
  const library = libraryOf([root])
  expect((await ids(library)).models).toEqual(['a'])
  writeFileSync(path.join(root, 'b.safetensors'), model)
  writeFileSync(path.join(root, 'a.safetensors'), lora)
  expect(await ids(library)).toEqual({ models: ['b'], refused: ['a'] })
  writeFileSync(path.join(root, 'b.json'), '{"prediction": "v"}')
  expect((await library.catalogue()).models[0]!.prediction).toBe('v')
  unlinkSync(path.join(root, 'b.safetensors'))
  expect((await ids(library)).models).toEqual([])
})

test('hashes come in the background, are sha256 of the file, and are kept on disk', async () => {
  const root = tree({ 'a.safetensors': model, pocket: null })
  const cache = temporaryFolder()
  const library = libraryOf([root], cache)
  expect((await library.catalogue()).models.map(({ sha256 }) => sha256)).toEqual([null, null])
  await library.hashed()
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
  const expected = [
    sha256(model),
    sha256(readFileSync(path.join(pocket, 'unet', 'diffusion_pytorch_model.safetensors')))
  ]
  expect((await library.catalogue()).models.map((info) => info.sha256)).toEqual(expected)
  expect((await libraryOf([root], cache).catalogue()).models.map((info) => info.sha256)).toEqual(expected)
  // A file that changed is another file.
  utimesSync(path.join(root, 'a.safetensors'), 1, 1)
  expect((await libraryOf([root], cache).catalogue()).models[0]!.sha256).toBeNull()
})
