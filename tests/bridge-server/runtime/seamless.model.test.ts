import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { DiffusionModel } from '../../../bridge-server/runtime/model.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import { trimmed, wrapped } from '../../../bridge-server/runtime/tiles.ts'
import { elements, type Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { TOLERANCE } from './recorded.ts'

// Where edges wrap, a picture has no place that is its first: what goes in moved comes out moved.

const root = path.resolve(import.meta.dirname, '../../..')
const withMemory = (memoryBytes: number) =>
  createModels({
    find: (id) => openCheckpoint(path.join(root, 'models', id)),
    device: 'cpu',
    memoryBytes
  })
const models = withMemory(2 ** 32)
afterAll(() => models.release())

const wave = (dims: readonly number[]): Tensor => ({
  data: Float32Array.from({ length: elements(dims) }, (_, i) => Math.sin(0.7 * i + 0.01 * (i % 89) ** 2)),
  dims
})

/** [n, c, h, w] moved to the right and down, over the edges. */
function moved(x: Tensor, pixels: number): Tensor {
  const [, , h = 0, w = 0] = x.dims
  const wide = wrapped(x, pixels)
  const size = w + 2 * pixels
  const data = new Float32Array(x.data.length)
  for (let i = 0; i < data.length; i++) {
    const [plane, row, column] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w]
    data[i] = wide.data[(plane * (h + 2 * pixels) + row) * size + column] ?? NaN
  }
  return { data, dims: x.dims }
}

/** Largest difference of two, by the largest value. */
function difference(a: Tensor, b: Tensor): number {
  expect(a.dims).toEqual(b.dims)
  let [most, largest] = [0, 0]
  for (const [i, value] of a.data.entries()) {
    most = Math.max(most, Math.abs(value - (b.data[i] ?? NaN)))
    largest = Math.max(largest, Math.abs(value))
  }
  return most / largest
}

test('beyond an edge lies the other one, and what was put there goes again', () => {
  const x: Tensor = { data: Float32Array.of(1, 2, 3, 4, 5, 6), dims: [1, 1, 2, 3] }
  expect([...wrapped(x, 1).data]).toEqual([6, 4, 5, 6, 4, 3, 1, 2, 3, 1, 6, 4, 5, 6, 4, 3, 1, 2, 3, 1])
  expect(trimmed(wrapped(x, 5), 5)).toEqual(x)
})

const asked: readonly (readonly [
  string,
  (model: DiffusionModel, by: number) => Promise<readonly Tensor[]>
])[] = [
  [
    'the decoder',
    async (model, by) => {
      const z = wave([1, 4, 12, 16])
      return [moved(await model.decode(z), 8 * by), await model.decode(moved(z, by))]
    }
  ],
  [
    'the UNet',
    async (model, by) => {
      const x = wave([1, 4, 16, 24])
      const rest = { timesteps: Float32Array.of(500), context: wave([1, 77, contextWidth(model)]) }
      const masked = (latents: Tensor): Tensor => ({
        data: Float32Array.from(
          { length: 9 * 16 * 24 },
          (_, i) => latents.data[i % latents.data.length] ?? 0
        ),
        dims: [1, 9, 16, 24]
      })
      const input = (latents: Tensor) => (model.inputChannels === 9 ? masked(latents) : latents)
      return [
        moved(await model.unet({ ...rest, x: input(x) }), by),
        await model.unet({ ...rest, x: input(moved(x, by)) })
      ]
    }
  ]
]

const contextWidth = (model: DiffusionModel): number => model.textEncoders[0]?.width ?? 0

// The UNet halves its sides three times, so that it knows places by eighths.
test.each(asked)('%s', async (_name, run) => {
  const [before, after] = await run(await models.open('pocket', undefined, 'wrap'), 8)
  expect(difference(before!, after!)).toBeLessThan(TOLERANCE)
  const [here, there] = await run(await models.open('pocket'), 8)
  expect(difference(here!, there!)).toBeGreaterThan(100 * TOLERANCE)
})
