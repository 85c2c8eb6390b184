import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { decodePicture } from '../../../bridge-server/image/codec.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { measured } from '../../support/fidelity.ts'
import { lcmFixture, makeLcm } from '../../support/lcm.ts'
import { pictures, type WebuiRequest } from './golden-picture.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'marquee-lcm-'))
const models = createModels({ find: (id) => openCheckpoint(id), device: 'cpu', memoryBytes: 2 ** 32 })
afterAll(async () => {
  await models.release()
  rmSync(folder, { recursive: true, force: true })
})

test('a latent consistency model that embeds its guidance makes the picture that diffusers’ pipeline makes', async () => {
  const request = JSON.parse(readFileSync(path.join(lcmFixture, 'request.json'), 'utf8')) as WebuiRequest
  const expected = await decodePicture(readFileSync(path.join(lcmFixture, 'expected.png')))
  const [made] = await pictures(lcmFixture, request, await models.open(makeLcm(folder)))
  const levels = expected.data.map((value, i) => Math.abs(value - made!.data[i]!))
  const largest = levels.reduce((a, b) => Math.max(a, b))
  measured('Whole pictures, largest difference in grey levels', 'lcm with embedded guidance', largest)
  expect(largest).toBeLessThanOrEqual(request.tolerance.max_level)
})
