import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { samplers } from '../../../bridge-server/sampling/registry.ts'
import { schedules } from '../../../bridge-server/sampling/schedules.ts'
import { openLibrary } from '../../../bridge-server/weights/library.ts'
import { loraBytes, modelBytes, vaeBytes } from '../../support/model-bytes.ts'
import { temporaryFolder } from '../../support/tensor-files.ts'

/** A models folder and the library of a server over it; `again` is that of another process. */
function setUp(files: Readonly<Record<string, Buffer>> = {}) {
  const [root, cacheFolder] = [temporaryFolder(), temporaryFolder()]
  const settingsFile = path.join(cacheFolder, 'models.json')
  const put = (name: string, bytes: Buffer): void => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), bytes)
  }
  for (const [name, bytes] of Object.entries({ 'a.safetensors': modelBytes, ...files })) put(name, bytes)
  const again = () => {
    const library = openLibrary({ folders: [root], cacheFolder, settingsFile })
    onTestFinished(() => library.close())
    return library
  }
  return { root, settingsFile, put, again, library: again() }
}

test('what a person says of a model holds at once, in other processes, and until they take it back', async () => {
  const { library, again } = setUp()
  expect((await library.catalogue()).models[0]).not.toHaveProperty('choice')
  await library.choose('a', { prediction: 'v', vae: null })
  for (const each of [library, again()]) {
    const [info] = (await each.catalogue()).models
    expect(info).toMatchObject({ prediction: 'v', choice: { prediction: 'v', vae: null } })
    expect((await each.find('a')).info.prediction).toBe('v')
  }
  await library.choose('a', { prediction: null, vae: null })
  expect((await library.find('a')).info.prediction).toBe('epsilon')
  expect((await again().catalogue()).models[0]).not.toHaveProperty('choice')
})

test('a chosen VAE is the one that is opened', async () => {
  const { library, root } = setUp({ 'VAE/sharp.safetensors': vaeBytes, 'sub/b.vae.safetensors': vaeBytes })
  const { vaes } = await library.catalogue()
  expect(vaes).toEqual([
    { id: 'VAE/sharp.safetensors', label: 'Sharp' },
    { id: 'sub/b.vae.safetensors', label: 'B vae' }
  ])
  await library.choose('a', { prediction: null, vae: 'VAE/sharp.safetensors' })
  const { vae } = await library.find('a')
  const { file } = vae.weights.get('decoder.conv_in.weight')!
  expect(file).toBe(path.join(root, 'VAE', 'sharp.safetensors'))
})

test('a choice that cannot be is refused, and what was chosen before stays', async () => {
  const { library } = setUp({ 'vae/lora.safetensors': loraBytes })
  await library.choose('a', { prediction: 'v', vae: null })
  const choices = [
    ['b', { prediction: 'v', vae: null }, 'model-missing'],
    ['a', { prediction: null, vae: 'nowhere' }, 'model-missing'],
    ['a', { prediction: null, vae: 'vae/lora.safetensors' }, 'model-incomplete']
  ] as const
  for (const [id, choice, code] of choices)
    await expect(library.choose(id, choice)).rejects.toMatchObject({ code })
  expect((await library.find('a')).info.prediction).toBe('v')
})

test('a chosen VAE that is gone is said when the model is used, and hides no model', async () => {
  const { library, root } = setUp({ 'vae/x.safetensors': vaeBytes })
  await library.choose('a', { prediction: null, vae: 'vae/x.safetensors' })
  rmSync(path.join(root, 'vae'), { recursive: true })
  expect((await library.catalogue()).models.map(({ id }) => id)).toEqual(['a'])
  const error: unknown = await library.find('a').catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'model-missing' })
  expect(String(error)).toContain('“vae/x.safetensors” that was chosen for “a”')
})

test('a folder that is added is looked into, remembered and forgotten', async () => {
  const { library, again } = setUp()
  const other = temporaryFolder()
  writeFileSync(path.join(other, 'b.safetensors'), modelBytes)
  await library.addFolder(other)
  await library.addFolder(other)
  for (const each of [library, again()]) {
    const { models, folders } = await each.catalogue()
    expect(models.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(folders).toEqual([other])
    expect((await each.find('b')).info.id).toBe('b')
  }
  await library.removeFolder(other)
  expect((await library.catalogue()).models.map(({ id }) => id)).toEqual(['a'])
})

test('what is no folder is not added', async () => {
  const { library, root } = setUp()
  for (const folder of ['relative/path', '', path.join(root, 'nowhere'), path.join(root, 'a.safetensors')])
    await expect(library.addFolder(folder)).rejects.toMatchObject({ code: 'settings-invalid' })
  expect((await library.catalogue()).folders).toEqual([])
})

test('changes at the same time are all kept', async () => {
  const { library, again } = setUp({ 'b.safetensors': modelBytes })
  const folders = [temporaryFolder(), temporaryFolder(), temporaryFolder()]
  await Promise.all([
    ...folders.map((folder) => library.addFolder(folder)),
    library.choose('a', { prediction: 'v', vae: null }),
    library.choose('b', { prediction: 'v', vae: null })
  ])
  const { models, folders: kept } = await again().catalogue()
  expect(models.map(({ prediction }) => prediction)).toEqual(['v', 'v'])
  expect([...kept].sort()).toEqual([...folders].sort())
})

test.each(['{', '[]', '{"folders": 3}', '{"choices": {"a": {"prediction": "x"}}}', '{"choices": {"a": 1}}'])(
  'a damaged file of settings (%s) is said and left as it is',
  async (text) => {
    const { library, settingsFile } = setUp()
    writeFileSync(settingsFile, text)
    await expect(library.catalogue()).rejects.toMatchObject({
      code: 'settings-invalid',
      message: expect.stringContaining(settingsFile) as string
    })
    await expect(library.choose('a', { prediction: 'v', vae: null })).rejects.toMatchObject({
      code: 'settings-invalid'
    })
    expect(readFileSync(settingsFile, 'utf8')).toBe(text)
  }
)

test.each(['plain', 'xl-turbo', 'some-lcm', 'x_lightning_8step', 'hyper-sd'])(
  'the defaults of “%s” name a sampler and a schedule that are there',
  async (name) => {
    const { library } = setUp({ [`${name}.safetensors`]: modelBytes })
    for (const { defaults, distillation } of (await library.catalogue()).models) {
      expect(samplers.map(({ id }) => id)).toContain(defaults.sampler)
      expect(schedules.map(({ id }) => id)).toContain(defaults.schedule)
      if (distillation !== 'none') expect(defaults.steps).toBeLessThanOrEqual(8)
      if (distillation !== 'none') expect(defaults.guidance).toBeLessThanOrEqual(1.5)
    }
  }
)
