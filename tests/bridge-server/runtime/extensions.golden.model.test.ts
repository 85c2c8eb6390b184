import path from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import type { DiffusionModel, Extensions } from '../../../bridge-server/runtime/model.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { findGolden } from '../../support/golden.ts'
import { measured } from '../../support/fidelity.ts'
import { encodeText, readRecorded, relativeError, scaled, TOLERANCE } from './recorded.ts'

const table = 'Extensions in the golden models, relative to the largest value'
const folder = findGolden('extensions')
if (folder === null)
  test.skip('extensions against PyTorch: there is no shared/golden beside the repository', () => undefined)

const none: Extensions = { loras: [], hypernetworks: [], controlNets: [] }
const lora = (name: string, text: number, unet = text): Extensions => ({
  ...none,
  loras: [{ name, text, unet }]
})

describe.skipIf(folder === null)('extensions compute what PyTorch recorded', () => {
  const extensions = openExtensions({ folders: () => Promise.resolve([folder ?? '']), cacheFolder: '' })
  const models = createModels({
    find: (name) => openCheckpoint(path.join(folder ?? '', `../checkpoints/${name}.fp16.safetensors`)),
    extensions,
    device: 'cpu',
    memoryBytes: 2 ** 32
  })
  afterAll(() => models.release())
  const expected = folder === null ? null : readRecorded(path.join(folder, 'golden.safetensors'))
  const recorded = (name: string): Tensor => expected!.tensor(name)
  const ids = (): readonly Int32Array[] => expected!.ids('input_ids')

  const call = (model: DiffusionModel, context = recorded('context'), residuals?: readonly Tensor[]) =>
    model.unet({ x: recorded('x'), timesteps: recorded('timesteps').data, context, residuals })
  const hidden = async (model: DiffusionModel): Promise<Tensor> => (await encodeText(model, ids())).hidden
  const sd1With = async (wanted: Extensions): Promise<DiffusionModel> =>
    (await models.open('sd1')).with(wanted)

  test.each([
    ['lora-kohya', 'lora'],
    ['lora-peft', 'lora'],
    ['locon-kohya', 'locon']
  ])('%s at 0.8', async (name, recording) => {
    const model = await sd1With(lora(name, 0.8))
    const text = await hidden(model)
    const error = (own: Tensor, what: string): number =>
      measured(table, `${name}: ${what}`, relativeError(own, recorded(`${recording}.${what}`)))
    expect(error(text, 'text_hidden')).toBeLessThan(TOLERANCE)
    expect(error(await call(model), 'unet_same_context')).toBeLessThan(TOLERANCE)
    expect(error(await call(model, text), 'unet')).toBeLessThan(TOLERANCE)
  })

  test.each(['hyper-context', 'hyper-full', 'hyper-norm'])('%s at 1 and 0.5', async (name) => {
    for (const weight of [1, 0.5]) {
      const model = await sd1With({ ...none, hypernetworks: [{ name, weight }] })
      const out = recorded(`${name}.unet.${weight.toFixed(1)}`)
      const error = relativeError(await call(model), out)
      expect(measured(table, `${name} at ${weight}`, error)).toBeLessThan(TOLERANCE)
    }
  })

  test.each(['controlnet.fp16', 'controlnet'])(
    'ControlNet from %s, and its residuals in the UNet',
    async (name) => {
      const model = await sd1With({ ...none, controlNets: [name] })
      const [control] = model.controlNets
      const residuals = await control!.residuals({
        x: recorded('x'),
        timesteps: recorded('timesteps').data,
        context: recorded('context'),
        hint: await control!.hint(recorded('control.hint'))
      })
      expect(residuals).toHaveLength(13)
      residuals.forEach((residual, i) => {
        const out = recorded(i === 12 ? 'control.middle_block_out' : `control.zero_convs.${i}`)
        const error = measured(table, `${name}: residuals`, relativeError(residual, out))
        expect(error, String(i)).toBeLessThan(TOLERANCE)
      })
      const weighted = residuals.map((residual) => scaled(residual, 0.7))
      const out = await call(model, recorded('context'), weighted)
      const error = relativeError(out, recorded('control.unet'))
      expect(measured(table, `${name}: UNet`, error)).toBeLessThan(TOLERANCE)
    }
  )

  /** A row of ids with two zeros at the place of an embedding's two vectors. */
  const withVectors = (encoder: { vocabulary: number; padToken: number; endToken: number }): Int32Array => {
    const row = Int32Array.from(expected!.ids('embedding.input_ids')[0]!)
    const at = recorded('embedding.position').data[0]!
    row.set([encoder.vocabulary, encoder.vocabulary + 1], at)
    return row.fill(encoder.padToken, row.indexOf(encoder.endToken) + 1)
  }

  const embeddingOf = async (model: DiffusionModel, name: string): Promise<readonly Tensor[]> => {
    const found = (await model.embeddings()).filter((embedding) => embedding.name === name)
    const opened = await Promise.all(found.map((embedding) => embedding.open()))
    return opened.find((vectors) => vectors !== null) ?? []
  }

  test('an embedding in the place of tokens', async () => {
    const model = await models.open('sd1')
    const [encoder] = model.textEncoders
    const [vectors] = await embeddingOf(model, 'golden-fox')
    const { hidden: own } = await encoder!.encode([withVectors(encoder!)], undefined, vectors)
    const error = relativeError(own, recorded('embedding.text_hidden'))
    expect(measured(table, 'embedding: text', error)).toBeLessThan(TOLERANCE)
  })

  test('XL’s pair of embeddings', async () => {
    const model = await models.open('sdxl')
    const vectors = await embeddingOf(model, 'golden-fox-xl')
    for (const [i, encoder] of model.textEncoders.entries()) {
      const { hidden: own } = await encoder.encode([withVectors(encoder)], undefined, vectors[i])
      const out = recorded(`embedding_xl.penultimate_${i === 0 ? 'l' : 'g'}`)
      const error = measured(table, 'embedding for XL: text', relativeError(own, out))
      expect(error, String(i)).toBeLessThan(TOLERANCE)
    }
  })

  describe('laws', () => {
    test('weight 0 is off bit for bit', async () => {
      const plain = await call(await models.open('sd1'))
      const model = await sd1With({
        ...lora('lora-kohya', 0),
        hypernetworks: [{ name: 'hyper-full', weight: 0 }]
      })
      expect((await call(model)).data).toEqual(plain.data)
      expect((await hidden(model)).data).toEqual((await hidden(await models.open('sd1'))).data)
    })

    test('a branch at scale 0 adds nothing', async () => {
      const one = await call(await sd1With(lora('lora-kohya', 0.8)))
      const second = { name: 'locon-kohya', text: 1e-30, unet: 1e-30 }
      const two = await call(await sd1With({ ...none, loras: [...lora('lora-kohya', 0.8).loras, second] }))
      expect(two.data).toEqual(one.data)
    })

    test('zero residuals are off bit for bit', async () => {
      const plain = await call(await models.open('sd1'))
      const model = await sd1With({ ...none, controlNets: ['controlnet'] })
      expect((await call(model)).data).toEqual(plain.data)
    })

    test('two LoRAs add: half and half of one are the whole', async () => {
      const whole = await call(await sd1With(lora('lora-kohya', 0.8)))
      const half = { name: 'lora-kohya', text: 0.4, unet: 0.4 }
      const two = await call(await sd1With({ ...none, loras: [half, { ...half, name: 'lora-peft' }] }))
      expect(relativeError(two, whole)).toBeLessThan(TOLERANCE)
    })

    test('weights change without a new session', async () => {
      const first = await sd1With(lora('lora-kohya', 0.8))
      await call(first)
      const started = performance.now()
      const other = await sd1With(lora('lora-kohya', -0.3))
      const out = await call(other)
      const seconds = (performance.now() - started) / 1000
      expect(relativeError(out, recorded('lora.unet_same_context'))).toBeGreaterThan(0.01)
      // A session of this model takes about a second; the file is read again, and that is all.
      expect(seconds).toBeLessThan(0.5)
      expect((await call(await sd1With(lora('lora-kohya', 0.8)))).data).toEqual((await call(first)).data)
    })

    test('the order of two models’ calls does not matter', async () => {
      const dressed = await sd1With(lora('lora-kohya', 0.8))
      const plain = await models.open('sd1')
      const before = await call(dressed)
      await call(plain)
      expect((await call(dressed)).data).toEqual(before.data)
    })
  })

  test.each([
    ['lora-kohya', { ...lora('lora-kohya', 1) }],
    ['hyper-context', { ...none, hypernetworks: [{ name: 'hyper-context', weight: 1 }] }],
    ['controlnet', { ...none, controlNets: ['controlnet'] }]
  ])('%s is refused by a model of another family', async (name, wanted) => {
    const model = await models.open('sdxl')
    await expect(model.with(wanted)).rejects.toMatchObject({ code: 'model-unsupported' })
    await expect(model.with(wanted)).rejects.toThrow(name)
  })
})
