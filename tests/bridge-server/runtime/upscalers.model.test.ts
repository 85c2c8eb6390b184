import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { measured } from '../../support/fidelity.ts'
import { readRecorded, relativeError, TOLERANCE } from './recorded.ts'

const folder = path.resolve(import.meta.dirname, '../../fixtures/upscalers')
const extensions = openExtensions({ folders: () => Promise.resolve([folder]), cacheFolder: '' })
const modelsWith = (memoryBytes: number) =>
  createModels({
    find: () => Promise.reject(new Error('no checkpoints here')),
    extensions,
    device: 'cpu',
    memoryBytes
  })
const models = modelsWith(2 ** 30)
afterAll(() => models.release())

describe('upscalers compute what PyTorch recorded', () => {
  const recorded = readRecorded(path.join(folder, 'recorded.safetensors'))
  test.each([
    ['rrdb-x2', 2, 2],
    ['rrdb-x1', 1, 4],
    ['old-x1', 1, 1],
    ['old-x2', 2, 1],
    ['old-x8', 8, 1],
    ['compact-x1', 1, 1],
    ['compact-x2', 2, 1],
    ['compact-x4', 4, 1]
  ])('%s', async (name, scale, multiple) => {
    const upscaler = await models.upscaler(name)
    expect([upscaler.scale, upscaler.multiple]).toEqual([scale, multiple])
    const out = await upscaler.enlarge(recorded.tensor('image'))
    const error = relativeError(out, recorded.tensor(name))
    expect(measured('Upscalers and tiny decoders, relative to the largest value', name, error)).toBeLessThan(
      TOLERANCE
    )
  })
})

test('tiles are as large as memory allows', async () => {
  const [small, large] = [await modelsWith(2 ** 26).upscaler('old-x8'), await models.upscaler('old-x8')]
  expect(small.tile).toBeLessThan(large.tile)
  await expect(modelsWith(2 ** 20).upscaler('old-x8')).rejects.toMatchObject({ code: 'out-of-memory' })
})

test('one that is not there is said with those that are', async () => {
  await expect(models.upscaler('old-x9')).rejects.toMatchObject({
    code: 'model-missing',
    hint: expect.stringContaining('old-x8') as string
  })
})
