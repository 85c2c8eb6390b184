import path from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import { createModels } from '../../../bridge-server/runtime/models.ts'
import { zeros } from '../../../bridge-server/tensor/tensor.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { findGolden } from '../../support/golden.ts'

const folder = findGolden('extensions')
if (folder === null)
  test.skip('switching extensions: there is no shared/golden beside the repository', () => undefined)

const SWITCHES = 50
const MEGABYTE = 2 ** 20

describe.skipIf(folder === null)('switching extensions', () => {
  const models = createModels({
    find: (name) => openCheckpoint(path.join(folder ?? '', `../checkpoints/${name}.fp16.safetensors`)),
    extensions: openExtensions({ folders: () => Promise.resolve([folder ?? '']), cacheFolder: '' }),
    device: 'cpu',
    memoryBytes: 2 ** 32
  })
  afterAll(() => models.release())

  test(`memory is where it was after ${SWITCHES} switches`, async () => {
    const names = ['hyper-context', 'hyper-full', 'hyper-norm']
    const switchTo = async (i: number): Promise<void> => {
      const hypernetworks = [{ name: names[i % names.length]!, weight: 1 }]
      const model = await (await models.open('sd1')).with({ loras: [], hypernetworks, controlNets: [] })
      await model.unet({
        x: zeros([1, 4, 12, 16]),
        timesteps: Float32Array.of(500),
        context: zeros([1, 77, 8])
      })
    }
    // The first few fill the allocator's own reserves.
    for (let i = 0; i < 10; i++) await switchTo(i)
    const before = process.memoryUsage.rss()
    for (let i = 0; i < SWITCHES; i++) await switchTo(i)
    // A session holds this UNet in float32, 6.9 MB, and its own reserves: kept, 50 of them would be well over the limit.
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MEGABYTE)
  })
})
