import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { decodePicture } from '../../../bridge-server/image/codec.ts'
import { composite } from '../../../bridge-server/image/composite.ts'
import { emptiness } from '../../../bridge-server/image/mask.ts'
import type { Gray, Rgba } from '../../../bridge-server/image/pixels.ts'
import { generate } from '../../../bridge-server/pipeline/generate.ts'
import type { Rect, Size } from '../../../bridge-server/protocol/geometry.ts'
import type { GenerateRequest } from '../../../bridge-server/protocol/request.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const models = createModels({
  find: (id) => openCheckpoint(path.join(root, 'models', id)),
  device: 'cpu',
  memoryBytes: 2 ** 31
})
afterAll(() => models.release())

const scene = (name: number): Promise<Rgba> =>
  decodePicture(readFileSync(path.join(root, 'plugin/scenes', `${name}.png`)))

const requestOf = (canvas: Size, changes: Partial<GenerateRequest>): GenerateRequest => ({
  mode: 'txt2img',
  model: 'pocket',
  prompt: 'a red car in the grass, blue sky',
  negativePrompt: '',
  documentId: 'document',
  canvas,
  area: { x: 0, y: 0, ...canvas },
  strength: 1,
  sampling: { sampler: 'dpmpp-2m', schedule: 'karras', steps: 6, guidance: 4, seed: 11 },
  count: 1,
  workingSize: null,
  ...changes
})

const previews: Rgba[] = []
const stage = {
  signal: new AbortController().signal,
  onProgress: () => undefined,
  onPreview: ({ image }: { readonly image: Rgba }) => void previews.push(image)
}

const maskOf = ({ width, height }: Size, { x, y, ...size }: Rect): Gray => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => {
    const [u, v] = [(i % width) - x, Math.floor(i / width) - y]
    return u >= 0 && u < size.width && v >= 0 && v < size.height ? 255 : 0
  })
})

/** Mean difference of two pictures' colours, in grey levels. */
const difference = (a: Rgba, b: Rgba): number =>
  a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]!), 0) / (0.75 * a.data.length)

test('a picture from nothing: the same seed the same bytes, and previews that come to look like it', async () => {
  const request = requestOf({ width: 131, height: 128 }, {})
  previews.length = 0
  const once = await generate(request, {}, models, stage)
  const twice = await generate(request, {}, models, stage)
  expect(once.variations[0]!.pixels).toEqual(twice.variations[0]!.pixels)
  expect(once.variations[0]!.pixels.width).toBe(131)
  const mean = ({ data }: Rgba, channel: number) =>
    data.reduce((sum, value, i) => sum + (i % 4 === channel ? value : 0), 0) / (data.length / 4)
  for (const channel of [0, 1, 2])
    expect(
      Math.abs(mean(previews.at(-1)!, channel) - mean(once.variations[0]!.pixels, channel))
    ).toBeLessThan(25)
})

test.each([1, 4])(
  'inpainting scene %i changes what is selected and no byte outside the mask',
  async (name) => {
    const snapshot = await scene(name)
    const selection = maskOf(snapshot, { x: 70, y: 90, width: 80, height: 75 })
    const request = requestOf({ width: 256, height: 256 }, { mode: 'inpaint' })
    const { variations, mask } = await generate(request, { snapshot, selection }, models, stage)
    const shown = composite(snapshot, variations[0]!.pixels, mask)
    expect(shown.data.every((value, i) => mask!.data[i >> 2] !== 0 || value === snapshot.data[i])).toBe(true)
    expect(difference(shown, snapshot)).toBeGreaterThan(1)
  }
)

test('outpainting leaves every old byte, and the step across the border is no larger than those inside', async () => {
  const old = await scene(2)
  const canvas = { width: 384, height: 256 }
  const snapshot: Rgba = { ...canvas, data: new Uint8ClampedArray(4 * 384 * 256) }
  for (let y = 0; y < 256; y++)
    snapshot.data.set(old.data.subarray(4 * 256 * y, 4 * 256 * (y + 1)), 4 * (384 * y + 64))
  const selection = emptiness(snapshot)
  const request = requestOf(canvas, { mode: 'outpaint' })
  const { variations, mask } = await generate(request, { snapshot, selection }, models, stage)
  expect(mask).toEqual(selection)
  const { data } = composite(snapshot, variations[0]!.pixels, mask)
  expect(data.every((value, i) => selection.data[i >> 2] !== 0 || value === snapshot.data[i])).toBe(true)
  const step = (x: number): number => {
    let sum = 0
    for (let y = 0; y < 256; y++)
      for (let c = 0; c < 3; c++)
        sum += Math.abs(data[4 * (384 * y + x) + c]! - data[4 * (384 * y + x - 1) + c]!)
    return sum / 768
  }
  const inside = Array.from({ length: 256 }, (_, i) => step(64 + i)).slice(1)
  for (const border of [64, 320]) expect(step(border)).toBeLessThanOrEqual(Math.max(...inside))
})

test('depth guides: the estimate is returned, and a given map makes another picture', async () => {
  const snapshot = await scene(3)
  const canvas = { width: 256, height: 256 }
  const request = requestOf(canvas, {
    mode: 'depth2img',
    model: 'pocket-depth',
    prompt: 'in the snow, night sky'
  })
  const estimated = await generate(request, { snapshot }, models, stage)
  expect([estimated.depth!.width, estimated.depth!.height]).toEqual([256, 256])
  expect(new Set(estimated.depth!.data).size).toBeGreaterThan(50)
  const same = await generate(request, { snapshot, depth: estimated.depth! }, models, stage)
  const depth = maskOf(canvas, { x: 0, y: 0, width: 128, height: 256 })
  const other = await generate(request, { snapshot, depth }, models, stage)
  const far = (made: typeof same) => difference(made.variations[0]!.pixels, estimated.variations[0]!.pixels)
  expect(far(same)).toBeLessThan(far(other))
})

test('refining: the stronger, the further from the picture', async () => {
  const snapshot = await scene(5)
  const canvas = { width: 256, height: 256 }
  const distances: number[] = []
  for (const strength of [0.1, 0.5, 1]) {
    const request = requestOf(canvas, { mode: 'img2img', strength })
    const { variations, mask } = await generate(request, { snapshot }, models, stage)
    expect(mask).toBeUndefined()
    distances.push(difference(variations[0]!.pixels, snapshot))
  }
  expect(distances).toEqual([...distances].sort((a, b) => a - b))
})
