import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { decodePicture } from '../../../bridge-server/image/codec.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { measured } from '../../support/fidelity.ts'
import { findGolden } from '../../support/golden.ts'
import { pictures, type WebuiRequest } from './golden-picture.ts'

const root = findGolden('pictures')
const checkpoints = findGolden('checkpoints')
const extensions = findGolden('extensions')

describe.skipIf(root === null || checkpoints === null || extensions === null)(
  'whole pictures equal the references',
  () => {
    const models = createModels({
      find: (file) => openCheckpoint(path.join(checkpoints!, file)),
      extensions: openExtensions({ folders: () => Promise.resolve([extensions!]), cacheFolder: '' }),
      device: 'cpu',
      memoryBytes: 2 ** 32
    })
    afterAll(() => models.release())

    const cases = root === null ? [] : readdirSync(root)
    test.each(cases)('%s', async (name) => {
      const folder = path.join(root!, name)
      const request = readRequest(path.join(folder, 'request.json'))
      const made = await pictures(folder, request, await models.open(request.model))
      for (const [i, picture] of made.entries()) {
        const file = i === 0 ? 'expected.png' : `expected-${i}.png`
        const expected = await decodePicture(readFileSync(path.join(folder, file)))
        expect([picture.width, picture.height]).toEqual([expected.width, expected.height])
        const levels = picture.data.map((value, at) => Math.abs(value - expected.data[at]!))
        const near = levels.filter((level) => level <= request.tolerance.max_level).length
        const mean = (4 / 3) * (levels.reduce((sum, level) => sum + level, 0) / levels.length)
        measured('Whole pictures, mean difference in grey levels', name, mean)
        measured(
          'Whole pictures, largest difference in grey levels',
          name,
          levels.reduce((a, b) => Math.max(a, b))
        )
        expect(near / levels.length).toBeGreaterThanOrEqual(request.tolerance.share)
        expect(mean).toBeLessThan(request.tolerance.mean)
      }
    })
  }
)

/** Python writes an infinity that JSON does not have. */
const readRequest = (file: string): WebuiRequest =>
  JSON.parse(readFileSync(file, 'utf8').replaceAll('-Infinity', '-1e999')) as WebuiRequest
