import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Extensions } from '../../../bridge-server/runtime/model.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { zeros } from '../../../bridge-server/tensor/tensor.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { writePocketExtras } from '../../support/pocket-extras.ts'
import { safetensorsOf } from '../../support/tensor-files.ts'

const SWITCHES = 50
const MEGABYTE = 2 ** 20

const root = path.resolve(import.meta.dirname, '../../..')
const folder = mkdtempSync(path.join(tmpdir(), 'marquee-switching-'))
writePocketExtras(folder)
writeFileSync(path.join(folder, 'pocket-hyper.safetensors'), hypernetwork(128))
const models = createModels({
  find: () => openCheckpoint(path.join(root, 'models/pocket')),
  extensions: openExtensions({
    folders: () => Promise.resolve([folder, path.join(root, 'tests/fixtures/adaptations')]),
    cacheFolder: ''
  }),
  device: 'cpu',
  memoryBytes: 2 ** 32,
  mode: 'medium'
})
afterAll(async () => {
  await models.release()
  rmSync(folder, { recursive: true, force: true })
})

const lora = (name: string, unet = 1): Extensions => ({
  ...{ hypernetworks: [], controlNets: [] },
  loras: [{ name, text: 1, unet }]
})

const hyper = (weight: number, loras: Extensions['loras'] = []): Extensions => ({
  ...{ loras, controlNets: [] },
  hypernetworks: [{ name: 'pocket-hyper', weight }]
})

/** Of two layers before keys and before values that read the text, `width` wide; of zeros, for only its size matters here. */
function hypernetwork(width: number): Buffer {
  const wide = 2 * width
  const network = (which: 0 | 1) => ({
    [`${width}.${which}.linear.0.weight`]: [wide, width],
    [`${width}.${which}.linear.0.bias`]: [wide],
    [`${width}.${which}.linear.1.weight`]: [width, wide],
    [`${width}.${which}.linear.1.bias`]: [width]
  })
  return safetensorsOf({ ...network(0), ...network(1) })
}

test(`memory is where it was after ${SWITCHES} switches`, async () => {
  const wishes: readonly Extensions[] = [
    lora('loha'),
    lora('loha', 0.5),
    lora('plain'),
    { loras: [], hypernetworks: [], controlNets: ['pocket-canny'] },
    lora('dora'),
    hyper(1),
    lora('text'),
    hyper(0.5, lora('plain').loras)
  ]
  const switchTo = async (i: number): Promise<void> => {
    const model = await (await models.open('pocket')).with(wishes[i % wishes.length]!)
    const call = { timesteps: Float32Array.of(500), context: zeros([1, 32, 128]) }
    const [control] = model.controlNets
    const residuals = await control?.residuals({
      ...{ ...call, x: zeros([1, 4, 8, 8]) },
      hint: await control.hint(zeros([1, 3, 64, 64]))
    })
    await model.unet({ ...call, x: zeros([1, 9, 8, 8]), residuals })
  }
  // The first few fill the allocator's own reserves.
  for (let i = 0; i < 10; i++) await switchTo(i)
  const before = process.memoryUsage.rss()
  for (let i = 0; i < SWITCHES; i++) await switchTo(i)
  // A session holds this UNet in float32, some 30 MB, and its own reserves: kept, 50 of them would be well over the limit.
  expect(process.memoryUsage.rss() - before).toBeLessThan(200 * MEGABYTE)
})
