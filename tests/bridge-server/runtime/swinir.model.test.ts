import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { measured } from '../../support/fidelity.ts'
import { readRecorded, relativeError, TOLERANCE } from './recorded.ts'

// SwinIRs with each of their tails, held to what the published code records.

const folder = path.resolve(import.meta.dirname, '../../fixtures/swinir')
const models = createModels({
  find: () => Promise.reject(new Error('no checkpoints here')),
  extensions: openExtensions({ folders: () => Promise.resolve([folder]), cacheFolder: '' }),
  device: 'cpu',
  memoryBytes: 2 ** 30
})
afterAll(() => models.release())
const recorded = readRecorded(path.join(folder, 'recorded.safetensors'))

test.each([
  ['classical-x4', 4, 8],
  // One window high: all of it are pixels of both ends.
  ['classical-x3', 3, 4],
  ['light-x2', 2, 8],
  ['real-x4', 4, 4],
  ['real-x2', 2, 4],
  ['jpeg', 1, 7]
])('%s', async (name, scale, multiple) => {
  const upscaler = await models.upscaler(name)
  expect([upscaler.scale, upscaler.multiple]).toEqual([scale, multiple])
  const image = recorded.tensor(`${name}.image`)
  const out = await upscaler.enlarge(image)
  expect(out.dims).toEqual([1, 3, scale * image.dims[2]!, scale * image.dims[3]!])
  const error = measured(
    'SwinIR, relative to the largest value',
    name,
    relativeError(out, recorded.tensor(name))
  )
  expect(error).toBeLessThan(TOLERANCE)
})
