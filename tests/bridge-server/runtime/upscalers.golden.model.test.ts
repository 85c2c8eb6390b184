import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { measured } from '../../support/fidelity.ts'
import { findGolden } from '../../support/golden.ts'
import { readRecorded, relativeError, TOLERANCE } from './recorded.ts'

const table = 'Upscalers and tiny decoders, relative to the largest value'
const folder = findGolden('extensions')
if (folder === null)
  test.skip('upscalers against PyTorch: there is no shared/golden beside the repository', () => undefined)

describe.skipIf(folder === null)('what makes pictures computes what PyTorch recorded', () => {
  const models = createModels({
    find: (name) => openCheckpoint(path.join(folder ?? '', `../checkpoints/${name}.fp16.safetensors`)),
    extensions: openExtensions({ folders: () => Promise.resolve([folder ?? '']), cacheFolder: '' }),
    device: 'cpu',
    memoryBytes: 2 ** 32
  })
  afterAll(() => models.release())
  const expected = folder === null ? null : readRecorded(path.join(folder, 'golden.safetensors'))
  const recorded = (name: string): Tensor => expected!.tensor(name)

  test.each(['esrgan-old', 'esrgan-new', 'esrgan-real'])('%s', async (name) => {
    const upscaler = await models.upscaler(name)
    expect([upscaler.scale, upscaler.multiple]).toEqual([4, 1])
    const out = await upscaler.enlarge(recorded('esrgan.image'))
    const error = relativeError(out, recorded('esrgan.out'))
    expect(measured(table, name, error)).toBeLessThan(TOLERANCE)
  })

  test.each(['sd1', 'sd2-v'])('TAESD’s decoder, for %s', async (family) => {
    const decode = await (await models.open(family)).tinyDecoder()
    const error = relativeError(await decode!(recorded('taesd.z')), recorded('taesd.decoded'))
    expect(measured(table, `TAESD for ${family}`, error)).toBeLessThan(TOLERANCE)
  })

  test('a tiny decoder of SD is not taken for XL', async () => {
    expect(await (await models.open('sdxl')).tinyDecoder()).toBeNull()
  })
})
