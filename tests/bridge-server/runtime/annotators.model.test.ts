import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { AnnotatorNetwork } from '../../../bridge-server/protocol/annotators.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { measured } from '../../support/fidelity.ts'
import { readRecorded, relativeError, TOLERANCE } from './recorded.ts'

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/annotators')
const folder = mkdtempSync(path.join(tmpdir(), 'marquee-annotators-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The models of a folder that holds nothing but this file, under this name. */
function modelsOf(file: string, name = path.basename(file), memoryBytes = 2 ** 30) {
  const place = path.join(folder, `${path.basename(file)} ${name} ${memoryBytes}`)
  cpSync(path.join(fixtures, file), path.join(place, name), { recursive: true })
  const extensions = openExtensions({ folders: () => Promise.resolve([place]), cacheFolder: folder })
  const find = (): Promise<never> => Promise.reject(new Error('no checkpoints here'))
  return { extensions, ...createModels({ find, extensions, device: 'cpu', memoryBytes }) }
}

const recorded = readRecorded(path.join(fixtures, 'recorded.safetensors'))

const cases: readonly (readonly [string, AnnotatorNetwork, string, readonly string[]])[] = [
  ['transformers', 'depth', 'square', ['depth-anything.square']],
  ['transformers', 'depth', 'wide', ['depth-anything.wide']],
  ['depth_anything_v2_vits.pth', 'depth', 'square', ['depth-anything.square']],
  ['dpt_large-midas.safetensors', 'depth', 'large', ['dpt.large']],
  ['ControlNetHED.pth', 'hed', 'odd', ['hed.odd']],
  ['body_pose_model.pth', 'openpose', 'eight', ['openpose.fields', 'openpose.parts']],
  ['mlsd_large_512_fp32.pth', 'mlsd', 'large', ['mlsd.large']]
]

describe('annotators’ networks compute what PyTorch recorded', () => {
  test.each(cases)('%s, %s of a picture that is %s', async (file, kind, picture, outputs) => {
    const models = modelsOf(file)
    expect([...(await models.extensions.annotators())]).toEqual([kind])
    expect((await models.extensions.list()).map((info) => info.kind)).toEqual(['annotator'])
    const made = await (await models.annotator(kind))(recorded.tensor(picture))
    expect(made.length).toBe(outputs.length)
    outputs.forEach((name, i) => {
      const error = relativeError(made[i]!, recorded.tensor(name))
      measured('Networks that make maps, relative to the largest value', `${file}: ${name}`, error)
      expect(error, name).toBeLessThan(TOLERANCE)
    })
    await models.release()
  })
})

test('Depth-Anything’s first version uses other layers, and is known by its name', async () => {
  const models = modelsOf('depth_anything_v2_vits.pth', 'depth_anything_vits14.pth')
  const [made] = await (await models.annotator('depth'))(recorded.tensor('square'))
  expect(relativeError(made!, recorded.tensor('depth-anything.square'))).toBeGreaterThan(0.01)
  await models.release()
})

test('one for distances in metres, of which far is bright, is refused', async () => {
  const models = modelsOf('depth_anything_v2_vits.pth', 'depth_anything_v2_metric_vkitti_vits.pth')
  await expect(models.annotator('depth')).rejects.toMatchObject({ code: 'model-unsupported' })
})

test('what is not there is said with the name of a file that would do', async () => {
  await expect(modelsOf('ControlNetHED.pth').annotator('mlsd')).rejects.toMatchObject({
    code: 'model-missing',
    hint: expect.stringContaining('mlsd_large_512_fp32.pth') as string
  })
})

test('a picture too large for the memory is said, with a size that would fit', async () => {
  const detect = await modelsOf('ControlNetHED.pth', 'hed.pth', 2 ** 26).annotator('hed')
  const image = { data: new Float32Array(3 * 512 * 512), dims: [1, 3, 512, 512] }
  await expect(detect(image)).rejects.toMatchObject({
    code: 'out-of-memory',
    message: expect.stringContaining('512×512') as string
  })
})
