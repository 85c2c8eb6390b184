import { copyFileSync, cpSync, mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import type { WeightSource } from '../../../bridge-server/graph/weight.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import type { Checkpoint } from '../../../bridge-server/weights/checkpoint.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'

const pocket = path.resolve(import.meta.dirname, '../../../models/pocket')
const MEGABYTE = 2 ** 20

const modelsWith = (
  memoryBytes: number,
  find: (id: string) => Promise<Checkpoint> = () => openCheckpoint(pocket)
) => createModels({ find, device: 'cpu', memoryBytes })

/** Smooth, as pictures are. */
const scene = (h: number, w: number): Tensor => ({
  data: Float32Array.from({ length: 3 * h * w }, (_, i) => {
    const [channel, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w]
    return 0.8 * Math.sin(x / 23 + channel) * Math.cos(y / 31 - channel)
  }),
  dims: [1, 3, h, w]
})

describe('memory', () => {
  const roomy = modelsWith(4096 * MEGABYTE)
  const tight = modelsWith(160 * MEGABYTE)
  afterAll(() => Promise.all([roomy.release(), tight.release()]))

  test('a picture too large for the memory goes through the VAE in tiles, and looks the same', async () => {
    const image = scene(320, 384)
    const [whole, tiled] = [await roomy.open('pocket'), await tight.open('pocket')]
    const latents = await whole.encode(image)
    expect(meanDifference(await tiled.encode(image), latents)).toBeLessThan(0.05)
    const decoded = await whole.decode(latents)
    const inTiles = await tiled.decode(latents)
    expect(inTiles.dims).toEqual([1, 3, 320, 384])
    // Each tile has its own group norm statistics; 0.02 of −1…1 are two or three grey levels.
    expect(meanDifference(inTiles, decoded)).toBeLessThan(0.02)
    expect(largestStep(inTiles)).toBeLessThan(1.5 * largestStep(decoded))
  })

  test('a UNet call that cannot fit is refused with numbers before anything is allocated', async () => {
    const model = await tight.open('pocket')
    const [h, w] = [256, 512]
    const call = model.unet({
      x: { data: new Float32Array(9 * h * w), dims: [1, 9, h, w] },
      timesteps: Float32Array.of(1),
      context: { data: new Float32Array(32 * 128), dims: [1, 32, 128] }
    })
    await expect(call).rejects.toMatchObject({ code: 'out-of-memory' })
    await expect(call).rejects.toThrow(
      /The UNet \(batch of 1\) at 4096×2048 needs about \d+ MB; Marquee may use 160 MB/
    )
  })

  test('networks give way to each other and come back', async () => {
    const model = await tight.open('pocket')
    const image = scene(128, 128)
    const first = await model.decode(await model.encode(image))
    const x = { data: new Float32Array(9 * 16 * 16).fill(0.1), dims: [1, 9, 16, 16] }
    const context = { data: new Float32Array(32 * 128), dims: [1, 32, 128] }
    await model.unet({ x, timesteps: Float32Array.of(1), context })
    const again = await model.decode(await model.encode(image))
    expect(again.data).toEqual(first.data)
  })
})

test('the same model is open once, and what is newly known of it is told', async () => {
  let sha256: string | null = null
  const models = modelsWith(1024 * MEGABYTE, async () => {
    const checkpoint = await openCheckpoint(pocket)
    return { ...checkpoint, info: { ...checkpoint.info, sha256 } }
  })
  const before = await models.open('pocket')
  sha256 = 'abc'
  const after = await models.open('pocket')
  expect(Object.is(after.textEncoders, before.textEncoders)).toBe(true)
  expect(after.info.sha256).toBe('abc')
})

test('a model whose file was replaced is opened anew', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-'))
  cpSync(pocket, folder, { recursive: true })
  const models = modelsWith(1024 * MEGABYTE, () => openCheckpoint(folder))
  const first = await models.open('pocket')
  const file = path.join(folder, 'vae/diffusion_pytorch_model.safetensors')
  copyFileSync(path.join(pocket, 'vae/diffusion_pytorch_model.safetensors'), file)
  utimesSync(file, 1, 1)
  const second = await models.open('pocket')
  expect(Object.is(second.textEncoders, first.textEncoders)).toBe(false)
  rmSync(folder, { recursive: true })
})

describe('an incomplete model', () => {
  const without = (source: WeightSource, name: string): WeightSource => ({
    get: (wanted) => (wanted === name ? undefined : source.get(wanted)),
    names: source.names.filter((other) => other !== name)
  })
  const call = {
    x: { data: new Float32Array(9 * 64), dims: [1, 9, 8, 8] },
    timesteps: Float32Array.of(1),
    context: { data: new Float32Array(32 * 128), dims: [1, 32, 128] }
  }

  test.each([
    'input_blocks.1.0.in_layers.2.weight',
    'out.2.bias',
    'middle_block.1.proj_in.weight',
    'time_embed.2.weight'
  ])('is refused when %s is missing', async (name) => {
    const checkpoint = await openCheckpoint(pocket)
    const unet = { ...checkpoint.unet, weights: without(checkpoint.unet.weights, name) }
    const model = await modelsWith(1024 * MEGABYTE, () => Promise.resolve({ ...checkpoint, unet })).open('x')
    await expect(model.unet(call)).rejects.toMatchObject({ code: 'model-incomplete' })
    await expect(model.unet(call)).rejects.toThrow(name)
  })
})

function meanDifference(a: Tensor, b: Tensor): number {
  return a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]!), 0) / a.data.length
}

/** The largest mean difference between neighbouring columns: where a seam would show. */
function largestStep({ data, dims }: Tensor): number {
  const [, , h = 0, w = 0] = dims
  const steps = Array.from({ length: w - 1 }, (_, x) => {
    let sum = 0
    for (let row = 0; row < 3 * h; row++) sum += Math.abs(data[row * w + x + 1]! - data[row * w + x]!)
    return sum / (3 * h)
  })
  return Math.max(...steps)
}
