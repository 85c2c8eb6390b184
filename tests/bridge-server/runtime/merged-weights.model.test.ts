import path from 'node:path'
import { expect, test } from 'vitest'
import { cpu } from '../../../bridge-server/runtime/device.ts'
import { createMemoryBudget } from '../../../bridge-server/runtime/memory.ts'
import { openSession } from '../../../bridge-server/runtime/session.ts'
import { createUnet, type UnetScales } from '../../../bridge-server/runtime/unet.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { fitLora } from '../../../bridge-server/weights/extensions/lora-fit.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { readRecorded, relativeError, TOLERANCE } from './recorded.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const fixtures = path.join(root, 'tests/fixtures/adaptations')
const recorded = readRecorded(path.join(fixtures, 'recorded.safetensors'))
const checkpoint = await openCheckpoint(path.join(root, 'models/pocket'))
const extensions = openExtensions({ folders: () => Promise.resolve([fixtures]), cacheFolder: '' })

const MEGABYTE = 2 ** 20
const all = (weight: number): readonly number[] => Array<number>(26).fill(weight)

/** The pocket UNet with LoRAs in it, that counts what it opens. */
async function dressed(names: readonly string[], memoryBytes = 2 ** 32) {
  const budget = createMemoryBudget(memoryBytes)
  const opened: string[][] = []
  const loras = await Promise.all(
    names.map(async (name) => fitLora((await extensions.lora(name)).content, checkpoint, { name }).unet)
  )
  const open: typeof openSession = (graph, target) => {
    opened.push(graph.outputs.map(({ name }) => name))
    return openSession(graph, target)
  }
  const unet = createUnet(
    checkpoint.unet,
    { owner: 'pocket', device: cpu, budget, mode: undefined, open },
    { loras, hypernetworks: [], controlled: false }
  )
  const call = (...weights: readonly number[]) => {
    const scales: UnetScales = { loras: weights.map(all), hypernetworks: [] }
    const timesteps = recorded.tensor('timesteps').data
    return unet({ x: recorded.tensor('x'), timesteps, context: recorded.tensor('context') }, scales)
  }
  return { call, opened, budget }
}

const unetSessions = (opened: readonly (readonly string[])[]): number =>
  opened.filter((outputs) => outputs.includes('out')).length

test('changed weights are made once for all calls, and anew for another scale, while the UNet’s session stays', async () => {
  const { call, opened } = await dressed(['loha'])
  const first = await call(1)
  await call(1)
  expect(opened).toHaveLength(2)
  const other = await call(0.6)
  expect([opened.length, unetSessions(opened)]).toEqual([3, 1])
  expect(relativeError(other, recorded.tensor('loha.0.6'))).toBeLessThan(TOLERANCE)
  expect((await call(1)).data).toEqual(first.data)
})

test('calls with several scales at once each get their own', async () => {
  const { call } = await dressed(['loha'])
  const [one, other] = await Promise.all([call(1), call(0.6), call(1)])
  expect(relativeError(one, recorded.tensor('loha.1.0'))).toBeLessThan(TOLERANCE)
  expect(relativeError(other, recorded.tensor('loha.0.6'))).toBeLessThan(TOLERANCE)
})

test('only changed layers are made, and they are counted', async () => {
  const { call, opened, budget } = await dressed(['loha'])
  await call(1)
  const [made = []] = opened
  expect(made).toHaveLength(4)
  const sizes = made.map((layer) => checkpoint.unet.weights.get(`${layer}.weight`)!.shape)
  const bytes = 4 * sizes.reduce((sum, shape) => sum + shape.reduce((product, size) => product * size, 1), 0)
  expect(budget.list()).toContainEqual(
    expect.objectContaining({ network: 'UNet’s weights with LoRAs', bytes, device: 'cpu' })
  )
  await budget.release('pocket')
  expect(budget.list()).toEqual([])
  expect(relativeError(await call(1), recorded.tensor('loha.1.0'))).toBeLessThan(TOLERANCE)
})

test('plain LoRAs stay branches: nothing is made for them', async () => {
  const { call, opened } = await dressed(['plain'])
  await call(1)
  await call(0.6)
  expect(opened).toEqual([['out']])
})

test('where memory has no room for all of them, the rest is changed at each call', async () => {
  // Mapped, this UNet takes up to 18 MB for what it casts and changes in a call, and 0.7 beside; the LoHa's layers are of 0.1 to 0.6 MB.
  const { call, opened } = await dressed(['loha'], 19.3 * MEGABYTE)
  const out = await call(1)
  const made = opened.filter((outputs) => !outputs.includes('out')).flat()
  expect(made.length).toBeGreaterThan(0)
  expect(made.length).toBeLessThan(4)
  expect(relativeError(out, recorded.tensor('loha.1.0'))).toBeLessThan(TOLERANCE)
})
