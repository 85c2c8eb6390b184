import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { decodePicture } from '../../../bridge-server/image/codec.ts'
import type { Rgba } from '../../../bridge-server/image/pixels.ts'
import { resizeRgba } from '../../../bridge-server/image/resize.ts'
import { generate } from '../../../bridge-server/pipeline/generate.ts'
import { creativePass } from '../../../bridge-server/pipeline/plan.ts'
import type { GenerateRequest } from '../../../bridge-server/protocol/request.ts'
import type { Creative } from '../../../bridge-server/protocol/upscale.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { writePocketExtras } from '../../support/pocket-extras.ts'

// An upscaler, then img2img in tiles under a ControlNet, by the real engine on the pocket model.

const root = path.resolve(import.meta.dirname, '../../..')
const folder = mkdtempSync(path.join(tmpdir(), 'marquee-creative-'))
writePocketExtras(folder)
const models = createModels({
  find: (id) => openCheckpoint(path.join(root, 'models', id)),
  extensions: openExtensions({
    folders: () => Promise.resolve([folder, path.join(root, 'tests/fixtures/upscalers')]),
    cacheFolder: folder
  }),
  device: 'cpu',
  memoryBytes: 2 ** 30
})
afterAll(async () => {
  await models.release()
  rmSync(folder, { recursive: true, force: true })
})

const scene = await decodePicture(readFileSync(path.join(root, 'plugin/scenes/1.png')))
const snapshot = resizeRgba(scene, { width: 128, height: 128 }, 'lanczos')
const area = { x: 0, y: 0, width: snapshot.width, height: snapshot.height }
const stage = {
  signal: new AbortController().signal,
  onProgress: () => undefined,
  onPreview: () => undefined
}

const requestOf = (changes: Partial<GenerateRequest>): GenerateRequest => ({
  mode: 'upscale',
  model: 'pocket',
  prompt: 'a red car in the grass, blue sky',
  negativePrompt: '',
  documentId: 'document',
  canvas: area,
  area,
  strength: 1,
  sampling: { sampler: 'euler', schedule: 'normal', steps: 5, guidance: 3, seed: 5 },
  count: 1,
  workingSize: null,
  ...changes
})

async function creative(settings: Creative, factor = 3): Promise<Rgba> {
  const request = requestOf({ upscale: { upscaler: 'lanczos', factor, creative: settings } })
  const { variations } = await generate(request, { snapshot }, models, stage)
  return variations[0]!.pixels
}

/** Mean difference of neighbouring columns, x and x + 1, in levels. */
function stepsAcross({ width, height, data }: Rgba): readonly number[] {
  return Array.from({ length: width - 1 }, (_, x) => {
    let sum = 0
    for (let y = 0; y < height; y++)
      for (let c = 0; c < 3; c++)
        sum += Math.abs(data[4 * (y * width + x) + c]! - data[4 * (y * width + x + 1) + c]!)
    return sum / (3 * height)
  })
}

/** The greatest step at a border of tiles, against those of the columns around it. */
async function seam(picture: Rgba, settings: Creative): Promise<number> {
  const { tiles } = creativePass(requestOf({}), (await models.open('pocket')).info, picture, settings)
  const steps = stepsAcross(picture)
  const borders = [...new Set(tiles.flatMap(({ x, width }) => [x - 1, x + width - 1]))]
  return Math.max(
    ...borders.flatMap((x) => {
      const around = [-4, -3, -2, -1, 1, 2, 3, 4].flatMap((away) => steps[x + away] ?? [])
      return steps[x] === undefined
        ? []
        : (steps[x] * around.length) / around.reduce((sum, step) => sum + step, 0)
    })
  )
}

const distance = (a: Rgba, b: Rgba): number =>
  a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]!), 0) / a.data.length

const tile: Creative = { strength: 0.4, control: 'pocket-canny' }

/** What the networks that make a tile hold, in bytes. */
const tileBytes = (): number =>
  models
    .memory()
    .networks.filter(({ network }) => /UNet|ControlNet/.test(network))
    .reduce((sum, { bytes }) => sum + bytes, 0)

test('a ControlNet “tile” guides each tile, and four times the pixels take no more memory', async () => {
  const picture = await creative(tile, 1.5)
  expect(distance(picture, await creative({ strength: 0.4 }, 1.5))).toBeGreaterThan(1)
  const small = tileBytes()
  const large = await creative(tile)
  expect([large.width, large.height]).toEqual([384, 384])
  expect(tileBytes()).toBeLessThan(1.05 * small)
})

test('tiles that overlap show no seams, and those that only touch do', async () => {
  const touching = { ...tile, overlap: 0 }
  const [hidden, shown] = [
    await seam(await creative(tile), tile),
    await seam(await creative(touching), touching)
  ]
  // 1.6 is what columns of the picture itself have; borders that show have 10.
  expect(hidden).toBeLessThan(2)
  expect(shown).toBeGreaterThan(5)
})
