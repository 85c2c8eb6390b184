import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { measured } from '../../support/fidelity.ts'
import { lcmFixture, makeLcm } from '../../support/lcm.ts'
import { readRecorded, relativeError, TOLERANCE } from './recorded.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'marquee-lcm-'))
const models = createModels({
  find: (id) => openCheckpoint(id),
  device: 'cpu',
  memoryBytes: 2 ** 32
})
afterAll(async () => {
  await models.release()
  rmSync(folder, { recursive: true, force: true })
})
const file = makeLcm(folder)
const recorded = readRecorded(path.join(lcmFixture, 'recorded.safetensors'))
const input = (i: number) => ({
  x: recorded.tensor(`${i}.x`),
  timesteps: recorded.tensor(`${i}.timesteps`).data,
  context: recorded.tensor(`${i}.context`),
  guidance: recorded.tensor(`${i}.guidance`).data[0]!
})

test.each([
  [0, 'guidance 8.5'],
  [1, 'guidance 1, two at different fractional timesteps'],
  [2, 'guidance 30']
])('a UNet that embeds its guidance computes what diffusers does, %i: %s', async (i) => {
  const model = await models.open(file)
  const out = await model.unet(input(i))
  const error = measured(
    'Networks, relative to the largest value',
    `lcm, guidance ${input(i).guidance}: UNet`,
    relativeError(out, recorded.tensor(`${i}.out`))
  )
  expect(error).toBeLessThan(TOLERANCE)
})

test('another guidance is another prediction', async () => {
  const model = await models.open(file)
  const out = await model.unet({ ...input(0), guidance: 7.5 })
  expect(relativeError(out, recorded.tensor('0.out'))).toBeGreaterThan(0.01)
})

test('it cannot be asked without a guidance', async () => {
  const model = await models.open(file)
  const { x, timesteps, context } = input(0)
  await expect(model.unet({ x, timesteps, context })).rejects.toThrow(/embeds its guidance/)
})
