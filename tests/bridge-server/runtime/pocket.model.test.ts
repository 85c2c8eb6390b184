import path from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import type { DiffusionModel, Models } from '../../../bridge-server/runtime/model.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { encodeText, readRecorded, relativeError, TOLERANCE } from './recorded.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const recorded = (id: string) => readRecorded(path.join(root, 'tests/fixtures/pocket', `${id}.safetensors`))

describe.each(['instant', 'medium', 'turbo'] as const)(
  'the embedded models in mode %s compute what PyTorch does',
  (mode) => {
    const models: Models = createModels({
      find: (id) => openCheckpoint(path.join(root, 'models', id)),
      device: 'cpu',
      memoryBytes: 2 ** 32,
      mode
    })
    afterAll(() => models.release())

    describe.each(['pocket', 'pocket-depth'])('%s', (id) => {
      const expected = recorded(id)
      const open = (): Promise<DiffusionModel> => models.open(id)

      test('text encoder: last layer, penultimate layer, and the end token', async () => {
        const model = await open()
        const ids = expected.ids('text.ids')
        const last = await encodeText(model, ids, 1)
        const penultimate = await encodeText(model, ids, 2)
        expect(relativeError(last.hidden, expected.tensor('text.last'))).toBeLessThan(TOLERANCE)
        expect(relativeError(last.pooled!, expected.tensor('text.pooled'))).toBeLessThan(TOLERANCE)
        expect(relativeError(penultimate.hidden, expected.tensor('text.penultimate_norm'))).toBeLessThan(
          TOLERANCE
        )
        expect(relativeError(penultimate.pooled!, expected.tensor('text.pooled'))).toBeLessThan(TOLERANCE)
      })

      test.each([
        [0, '16×16'],
        [1, '18×13, two at different fractional timesteps']
      ])('UNet %i: %s', async (i) => {
        const model = await open()
        const out = await model.unet({
          x: expected.tensor(`unet.${i}.x`),
          timesteps: expected.tensor(`unet.${i}.timesteps`).data,
          context: expected.tensor(`unet.${i}.context`)
        })
        expect(relativeError(out, expected.tensor(`unet.${i}.out`))).toBeLessThan(TOLERANCE)
      })

      test('VAE: encode to scaled means, and decode', async () => {
        const model = await open()
        const latents = await model.encode(expected.tensor('vae.image'))
        const image = await model.decode(expected.tensor('vae.latents'))
        expect(relativeError(latents, expected.tensor('vae.encoded'))).toBeLessThan(TOLERANCE)
        expect(relativeError(image, expected.tensor('vae.decoded'))).toBeLessThan(TOLERANCE)
      })
    })

    test('pocket-depth: depth of a picture of another size, resized as Pillow does', async () => {
      const expected = recorded('pocket-depth')
      const model = await models.open('pocket-depth')
      const depth = await model.estimateDepth!(expected.tensor('vae.image'))
      expect(relativeError(depth, expected.tensor('depth.out'))).toBeLessThan(TOLERANCE)
    })
  }
)
