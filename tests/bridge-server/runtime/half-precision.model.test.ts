import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { cpu } from '../../../bridge-server/runtime/device.ts'
import { inHalf } from '../../../bridge-server/runtime/half-precision.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { hasLargeScores, unetPrecision, vaePrecision } from '../../../bridge-server/runtime/precision.ts'
import { unetGraph } from '../../../bridge-server/runtime/unet.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { readRecorded } from './recorded.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const pocket = await openCheckpoint(path.join(root, 'models/pocket'))
const models = createModels({
  find: () => Promise.resolve(pocket),
  device: { ...cpu, half: true },
  memoryBytes: 2 ** 31
})
const exact = createModels({ find: () => Promise.resolve(pocket), device: 'cpu', memoryBytes: 2 ** 31 })
afterAll(() => Promise.all([models.release(), exact.release()]))

/** Root mean square of the difference, relative to that of what is expected. */
function error(actual: Tensor, expected: Tensor): number {
  const square = (sum: number, value: number): number => sum + value ** 2
  const difference = expected.data.map((value, i) => value - actual.data[i]!)
  return Math.sqrt(difference.reduce(square, 0) / expected.data.reduce(square, 0))
}

const wave = (dims: readonly number[]): Tensor => ({
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 0.37)),
  dims
})

describe('in half precision', () => {
  test('the UNet is as close to PyTorch’s float32 as 11 bits of mantissa in every layer allow', async () => {
    const model = await models.open('pocket')
    const recorded = readRecorded(path.join(root, 'tests/fixtures/pocket/pocket.safetensors'))
    const out = await model.unet({
      x: recorded.tensor('unet.1.x'),
      timesteps: recorded.tensor('unet.1.timesteps').data,
      context: recorded.tensor('unet.1.context')
    })
    const off = error(out, recorded.tensor('unet.1.out'))
    expect(off).toBeLessThan(5e-3)
    // It did compute in half precision.
    expect(off).toBeGreaterThan(1e-5)
  })

  test('the autoencoder is as close to itself', async () => {
    const [half, full] = [await models.open('pocket'), await exact.open('pocket')]
    const [image, latents] = [wave([1, 3, 64, 64]), wave([1, 4, 8, 8])]
    expect(error(await half.encode(image), await full.encode(image))).toBeLessThan(1e-2)
    expect(error(await half.decode(latents), await full.decode(latents))).toBeLessThan(1e-2)
  })

  test('what is open says its precision', () => {
    const open = models.memory().networks.map(({ network, precision }) => [network, precision])
    expect(Object.fromEntries(open)).toMatchObject({ UNet: 'fp16', 'VAE decoder': 'fp16' })
  })
})

describe('the graph in half precision', () => {
  const extensions = { loras: [], hypernetworks: [], controlled: false }
  const full = unetGraph(pocket.unet, extensions, {
    attention: 'plain',
    gathersHalf: false,
    channelMultiple: 4
  })
  const half = inHalf(full, unetPrecision(false))
  const castToFull = new Set(
    half.nodes
      .filter(({ op, attributes }) => op === 'Cast' && attributes.to === 1)
      .map(({ inputs }) => inputs[0])
  )

  test('uses the float16 weights of convolutions and linear layers as they lie in the file', () => {
    const products = half.nodes.filter(({ op }) => op === 'Conv' || op === 'Gemm')
    const weights = new Set(half.externals.map(({ name }) => name))
    const stored = products.filter(({ inputs }) => weights.has(inputs[1] ?? ''))
    // All but the two layers that embed time, and those whose channels are padded.
    expect(stored.length).toBeGreaterThan(0.9 * products.length)
    expect([...castToFull].filter((name) => name?.startsWith('time_embed'))).toHaveLength(4)
  })

  test('keeps statistics, softmax, inputs and outputs in float32', () => {
    const wide = new Set([
      ...half.inputs.map(({ name }) => name),
      ...full.constants.map(({ name }) => name),
      ...half.nodes
        .filter(({ op, attributes }) => op === 'Cast' && attributes.to === 1)
        .map(({ output }) => output)
    ])
    const kept = half.nodes.filter(({ op }) => /Normalization|Softmax/.test(op))
    expect(kept.length).toBeGreaterThan(20)
    for (const { op, inputs } of kept)
      for (const name of inputs) expect(wide.has(name) || /^Cast_/.test(name), `${op} of ${name}`).toBe(true)
  })

  test('has as its policy what families need', () => {
    expect(vaePrecision({ latentScale: 0.13025 })).toBeNull()
    expect(vaePrecision({ latentScale: 0.18215 })).not.toBeNull()
    const weights = (width: number) => ({
      names: ['a.attn2.to_k.weight'],
      get: () => ({ dtype: 'f16' as const, shape: [320, width], file: '', offset: 0, length: 0 })
    })
    expect([768, 1024, 2048].map((width) => hasLargeScores({ weights: weights(width) }))).toEqual([
      false,
      true,
      false
    ])
  })
})
