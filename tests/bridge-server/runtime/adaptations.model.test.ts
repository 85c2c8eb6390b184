import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { DiffusionModel, Extensions, LoraUse } from '../../../bridge-server/runtime/model.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { measured } from '../../support/fidelity.ts'
import { writePocketExtras } from '../../support/pocket-extras.ts'
import { readRecorded, relativeError, scaled, TOLERANCE } from './recorded.ts'

// LoRAs and their relatives in the pocket model, held to what diffusers, peft and LyCORIS' formulas recorded.

const root = path.resolve(import.meta.dirname, '../../..')
const fixtures = path.join(root, 'tests/fixtures/adaptations')
const folder = mkdtempSync(path.join(tmpdir(), 'marquee-adaptations-'))
writePocketExtras(path.join(folder, 'extras'))
const recorded = readRecorded(path.join(fixtures, 'recorded.safetensors'))
const models = createModels({
  find: () => openCheckpoint(path.join(root, 'models/pocket')),
  extensions: openExtensions({
    folders: () => Promise.resolve([fixtures, path.join(folder, 'extras')]),
    cacheFolder: path.join(folder, 'cache')
  }),
  device: 'cpu',
  memoryBytes: 2 ** 32
})
afterAll(async () => {
  await models.release()
  rmSync(folder, { recursive: true, force: true })
})

const none: Extensions = { loras: [], hypernetworks: [], controlNets: [] }
const pocketWith = async (...loras: readonly LoraUse[]): Promise<DiffusionModel> =>
  (await models.open('pocket')).with({ ...none, loras })
const call = (model: DiffusionModel): Promise<Tensor> =>
  model.unet({
    x: recorded.tensor('x'),
    timesteps: recorded.tensor('timesteps').data,
    context: recorded.tensor('context')
  })
const errorOf = (row: string, own: Tensor, name: string): number =>
  measured(
    'LoRAs and their relatives, relative to the largest value',
    row,
    relativeError(own, recorded.tensor(name))
  )

describe.each([
  'loha',
  'loha-tucker',
  'lokr',
  'lokr-tucker',
  'lokr-full',
  'full',
  'ia3',
  'glora',
  'dora',
  'oft',
  'boft',
  'plain'
])('%s', (name) => {
  test.each([1, 0.6])('the UNet at %d', async (weight) => {
    const out = await call(await pocketWith({ name, text: 0, unet: weight }))
    expect(relativeError(out, recorded.tensor('plain'))).toBeGreaterThan(30 * TOLERANCE)
    expect(errorOf(`${name} at ${weight}`, out, `${name}.${weight.toFixed(1)}`)).toBeLessThan(TOLERANCE)
  })
})

test('a DoRA in peft’s names', async () => {
  const out = await call(await pocketWith({ name: 'dora-peft', text: 0, unet: 1 }))
  expect(errorOf('dora-peft at 1', out, 'dora-peft.1.0')).toBeLessThan(TOLERANCE)
})

test('fewer ranks than a LoRA has', async () => {
  const out = await call(await pocketWith({ name: 'plain', text: 0, unet: 1, rank: 2 }))
  expect(errorOf('plain with 2 of 4 ranks', out, 'plain-2-ranks.1.0')).toBeLessThan(TOLERANCE)
})

test('each block with a weight of its own', async () => {
  // input_blocks.1 and .4 hold two of its layers, the middle the third; the fourth is in an output block.
  const blocks = Array.from({ length: 26 }, (_, i) => (i >= 1 && i <= 12 ? 0.25 : i === 13 ? 0.5 : 0))
  const out = await call(await pocketWith({ name: 'plain', text: 0, unet: 1, blocks }))
  expect(errorOf('plain with block weights', out, 'plain-blocks.1.0')).toBeLessThan(TOLERANCE)
})

test('a DoRA sees the weight that the LoRA before it made', async () => {
  const loras = [
    { name: 'plain', text: 0, unet: 0.8 },
    { name: 'dora', text: 0, unet: 0.5 }
  ]
  expect(errorOf('plain, then dora', await call(await pocketWith(...loras)), 'plain-then-dora')).toBeLessThan(
    TOLERANCE
  )
})

test('two LoRAs, a ControlNet and an embedding at once', async () => {
  const model = await (
    await models.open('pocket')
  ).with({
    ...none,
    loras: [
      { name: 'pocket-ink', text: 0.7, unet: 0.7 },
      { name: 'text', text: 0.5, unet: 0.5 }
    ],
    controlNets: ['pocket-canny']
  })
  const [encoder] = model.textEncoders
  const [embedding] = (await model.embeddings()).filter(({ name }) => name === 'pocket-fox')
  const [vectors] = (await embedding!.open())!
  const [ids] = recorded.ids('all.ids')
  const [at = 0] = recorded.tensor('all.position').data
  for (let i = 0; i < vectors!.dims[0]!; i++) ids![at + i] = encoder!.vocabulary + i
  const { hidden: context } = await encoder!.encode([ids!], undefined, vectors)
  expect(errorOf('two LoRAs and an embedding: text encoder', context, 'all.context')).toBeLessThan(TOLERANCE)
  const [control] = model.controlNets
  const x = recorded.tensor('x')
  const call = { x, timesteps: recorded.tensor('timesteps').data, context }
  const [, , h = 0, w = 0] = x.dims
  const residuals = await control!.residuals({
    ...call,
    x: { data: x.data.slice(0, 4 * h * w), dims: [1, 4, h, w] },
    hint: await control!.hint(recorded.tensor('all.hint'))
  })
  const out = await model.unet({ ...call, residuals: residuals.map((residual) => scaled(residual, 0.9)) })
  expect(errorOf('two LoRAs, a ControlNet and an embedding: UNet', out, 'all.out')).toBeLessThan(TOLERANCE)
})

test.each(['plain', 'loha', 'full', 'dora', 'oft'])('%s at 0 is off, bit for bit', async (name) => {
  const plain = await call(await models.open('pocket'))
  expect((await call(await pocketWith({ name, text: 0, unet: 0 }))).data).toEqual(plain.data)
  const blocks = Array.from({ length: 26 }, () => 0)
  expect((await call(await pocketWith({ name, text: 1, unet: 1, blocks }))).data).toEqual(plain.data)
})
