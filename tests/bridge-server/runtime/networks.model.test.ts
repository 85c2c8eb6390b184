import path from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { measured } from '../../support/fidelity.ts'
import { findGolden } from '../../support/golden.ts'
import { encodeText, readRecorded, relativeError, scaled, TOLERANCE } from './recorded.ts'

/** A checkpoint, the recording it is held to, and which hidden states its family uses. */
const cases = [
  ['checkpoints/sd1.fp16.safetensors', 'sd1'],
  ['checkpoints/sd1-small.fp32.safetensors', 'sd1-small'],
  ['checkpoints/sd1-small.fp8.safetensors', 'sd1-small.fp8'],
  ['checkpoints/sd1-inpaint.fp16.safetensors', 'sd1-inpaint'],
  ['checkpoints/sd2-v.fp16.safetensors', 'sd2-v'],
  ['checkpoints/sd2-depth.fp16.safetensors', 'sd2-depth'],
  ['checkpoints/sdxl.fp16.safetensors', 'sdxl'],
  ['diffusers/sd1-small', 'sd1-small'],
  ['diffusers/sdxl', 'sdxl']
] as const

const folder = findGolden('networks')
if (folder === null)
  test.skip('every family against PyTorch: there is no shared/golden beside the repository', () => undefined)

describe.each(folder === null ? [] : cases)('%s computes what PyTorch recorded', (file, recording) => {
  const expected = readRecorded(path.join(folder ?? '', `${recording}.safetensors`))
  const models = createModels({
    find: () => openCheckpoint(path.join(folder ?? '', '..', file)),
    device: 'cpu',
    memoryBytes: 2 ** 32
  })
  afterAll(() => models.release())
  const error = (part: string, own: Tensor, reference: Tensor): number =>
    measured('Networks, relative to the largest value', `${file}: ${part}`, relativeError(own, reference))

  test('text encoders', async () => {
    const model = await models.open(file)
    for (const [i, encoder] of model.textEncoders.entries()) {
      const ids = expected.ids(`text.${i}.input_ids`)
      const own = await encoder.encode(ids)
      const family = model.info.family
      const name = family === 'sd1' ? 'last' : family === 'sd2' ? 'penultimate_norm' : 'penultimate'
      expect(error('text encoder', own.hidden, expected.tensor(`text.${i}.${name}`)), name).toBeLessThan(
        TOLERANCE
      )
      if (family !== 'sd2')
        expect(error('pooled text', own.pooled!, expected.tensor(`text.${i}.pooled`)), 'pooled').toBeLessThan(
          TOLERANCE
        )
    }
  })

  test('text encoder at the last layer', async () => {
    const model = await models.open(file)
    if (model.info.family === 'sdxl') return
    const last = await encodeText(model, expected.ids('text.0.input_ids'), 1)
    expect(error('text encoder, last layer', last.hidden, expected.tensor('text.0.last'))).toBeLessThan(
      TOLERANCE
    )
  })

  test.each([0, 1, 2].filter((i) => expected.has(`unet.${i}.x`)))('UNet %i', async (i) => {
    const model = await models.open(file)
    const out = await model.unet({
      x: expected.tensor(`unet.${i}.x`),
      timesteps: expected.tensor(`unet.${i}.timesteps`).data,
      context: expected.tensor(`unet.${i}.context`),
      ...(expected.has(`unet.${i}.y`) ? { y: expected.tensor(`unet.${i}.y`) } : {})
    })
    expect(error('UNet', out, expected.tensor(`unet.${i}.out`))).toBeLessThan(TOLERANCE)
  })

  test.each([0, 1])('VAE %i', async (i) => {
    const model = await models.open(file)
    const mean = await model.encode(expected.tensor(`vae.${i}.image`))
    const image = await model.decode(scaled(expected.tensor(`vae.${i}.z`), model.latentScale))
    expect(
      error('VAE encode', mean, scaled(expected.tensor(`vae.${i}.mean`), model.latentScale))
    ).toBeLessThan(TOLERANCE)
    expect(error('VAE decode', image, expected.tensor(`vae.${i}.decoded`))).toBeLessThan(TOLERANCE)
  })
})
