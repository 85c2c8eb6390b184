import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const models = createModels({
  find: () => openCheckpoint(path.join(root, 'models/pocket')),
  extensions: openExtensions({
    folders: () => Promise.resolve([path.join(root, 'tests/fixtures/embeddings/bundle.safetensors')]),
    cacheFolder: ''
  }),
  device: 'cpu',
  memoryBytes: 2 ** 30
})
afterAll(() => models.release())

test('a LoRA’s own embeddings stand for words while it is in the model, and not without it', async () => {
  const plain = await models.open('pocket')
  expect(await plain.embeddings()).toEqual([])
  const dressed = await plain.with({
    ...{ hypernetworks: [], controlNets: [] },
    loras: [{ name: 'bundle', text: 1, unet: 1 }]
  })
  const [fox, pair] = await dressed.embeddings()
  expect([fox?.name, pair?.name]).toEqual(['fox', 'pair'])
  const [vectors] = (await fox!.open())!
  expect(vectors).toEqual({ data: Float32Array.from({ length: 256 }, (_, i) => i / 8), dims: [2, 128] })
  // XL's pair is but a word for a model of one text encoder.
  expect(await pair!.open()).toBeNull()
})
