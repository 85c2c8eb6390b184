import { describe, expect, test } from 'vitest'
import type { Rgba } from '../../../bridge-server/image/pixels.ts'
import { resizeRgba } from '../../../bridge-server/image/resize.ts'
import { generate } from '../../../bridge-server/pipeline/generate.ts'
import type { Progress } from '../../../bridge-server/pipeline/progress.ts'
import type { Stage } from '../../../bridge-server/pipeline/stage.ts'
import type { Rect, Size } from '../../../bridge-server/protocol/geometry.ts'
import type { GenerateRequest } from '../../../bridge-server/protocol/request.ts'
import type { Models, Upscaler } from '../../../bridge-server/runtime/model.ts'
import { zeros } from '../../../bridge-server/tensor/tensor.ts'
import { fakeModel, fakeModels } from '../../support/fake-model.ts'

const sampling = { sampler: 'euler', schedule: 'normal', steps: 4, guidance: 3, seed: 5 }
const size = { width: 150, height: 70 }

/** Repeats pixels, and remembers the sizes of its tiles. */
function repeating(scale: number, tile = 64, multiple = 1): Upscaler & { readonly tiles: Size[] } {
  const tiles: Size[] = []
  return {
    ...{ name: 'repeating', scale, tile, multiple, tiles },
    enlarge(x) {
      const [, , h = 0, w = 0] = x.dims
      tiles.push({ width: w, height: h })
      const out = zeros([1, 3, h * scale, w * scale])
      for (let i = 0; i < out.data.length; i++) {
        const [column, line] = [i % (w * scale), Math.floor(i / (w * scale))]
        const [channel, row] = [Math.floor(line / (h * scale)), line % (h * scale)]
        out.data[i] = x.data[(channel * h + Math.floor(row / scale)) * w + Math.floor(column / scale)]!
      }
      return Promise.resolve(out)
    }
  }
}

const withUpscaler = (upscaler: Upscaler, model = fakeModel({ sees: [0.5, 0, -0.5] })): Models => ({
  ...fakeModels(model),
  upscaler: () => Promise.resolve(upscaler)
})

const waves = (canvas: Size, alpha: (x: number) => number = () => 255): Rgba => ({
  ...canvas,
  data: Uint8ClampedArray.from(
    Array.from({ length: canvas.width * canvas.height }, (_, i) => {
      const [x, y] = [i % canvas.width, Math.floor(i / canvas.width)]
      return [128 + 100 * Math.sin(x / 9), 128 + 100 * Math.sin(y / 7), 128, alpha(x)]
    }).flat()
  )
})

const requestOf = (
  upscale: NonNullable<GenerateRequest['upscale']>,
  changes: Partial<GenerateRequest> = {}
): GenerateRequest => ({
  mode: 'upscale',
  model: 'fake',
  prompt: '',
  negativePrompt: '',
  documentId: 'document',
  canvas: size,
  area: { x: 0, y: 0, ...size },
  strength: 1,
  sampling,
  count: 1,
  workingSize: null,
  upscale,
  ...changes
})

const stageOf = (changes: Partial<Stage> = {}): Stage => ({
  signal: new AbortController().signal,
  onProgress: () => undefined,
  onPreview: () => undefined,
  ...changes
})

const upscaled = (request: GenerateRequest, snapshot: Rgba, models: Models, stage = stageOf()) =>
  generate(request, { snapshot }, models, stage)

describe('an upscale', () => {
  test('by a filter is that filter', async () => {
    const snapshot = waves(size)
    const made = await upscaled(
      requestOf({ upscaler: 'lanczos', factor: 2.5 }),
      snapshot,
      withUpscaler(repeating(4))
    )
    const expected = resizeRgba(snapshot, { width: 375, height: 175 }, 'lanczos')
    expect([made.scale, made.variations.length]).toEqual([2.5, 1])
    expect(made.variations[0]!.pixels).toEqual(expected)
  })

  test.each([
    [2, 1],
    [4, 1],
    [3, 2],
    [2, 4]
  ])(
    'by a network of ×%i over multiples of %i is what the network makes of the whole: tiles leave no trace',
    async (scale, multiple) => {
      const snapshot = waves(size)
      const network = repeating(scale, 64, multiple)
      const made = await upscaled(
        requestOf({ upscaler: 'repeating', factor: scale }),
        snapshot,
        withUpscaler(network)
      )
      const whole = resizeRgba(snapshot, { width: scale * 150, height: scale * 70 }, 'nearest')
      expect(made.variations[0]!.pixels).toEqual(whole)
      expect(network.tiles.length).toBeGreaterThan(4)
      expect(network.tiles.every(({ width, height }) => Math.max(width, height) <= 64)).toBe(true)
      expect(
        network.tiles.every(({ width, height }) => width % multiple === 0 && height % multiple === 0)
      ).toBe(true)
    }
  )

  test('by a network is repeated until it is large enough, and Lanczos goes the rest of the way', async () => {
    const snapshot = waves(size)
    const made = await upscaled(
      requestOf({ upscaler: 'repeating', factor: 3 }),
      snapshot,
      withUpscaler(repeating(2, 4096))
    )
    const fourfold = resizeRgba(snapshot, { width: 600, height: 280 }, 'nearest')
    expect(made.variations[0]!.pixels).toEqual(resizeRgba(fourfold, { width: 450, height: 210 }, 'lanczos'))
  })

  test('keeps opacity', async () => {
    const snapshot = waves(size, (x) => (x < 75 ? 0 : 255))
    const { variations } = await upscaled(
      requestOf({ upscaler: 'repeating', factor: 2 }),
      snapshot,
      withUpscaler(repeating(2))
    )
    const { data } = variations[0]!.pixels
    const alpha = (x: number): number => data[4 * (300 * 60 + x) + 3]!
    expect([alpha(100), alpha(200)]).toEqual([0, 255])
  })

  test('tells its tiles as steps, and ends within one after it was cancelled', async () => {
    const seen: Progress[] = []
    const network = repeating(2)
    const request = requestOf({ upscaler: 'repeating', factor: 2 })
    await upscaled(
      request,
      waves(size),
      withUpscaler(network),
      stageOf({ onProgress: (each) => seen.push(each) })
    )
    const tiles = network.tiles.length
    expect(seen.filter(({ phase }) => phase === 'upscaling').map(({ step }) => step)).toEqual(
      Array.from({ length: tiles + 1 }, (_, i) => i)
    )
    expect(seen.at(-1)!.steps).toBe(tiles)

    const controller = new AbortController()
    const cancelled = repeating(2)
    const stage = stageOf({
      signal: controller.signal,
      onProgress: ({ step }) => {
        if (step === 2) controller.abort(new Error('cancelled by its owner'))
      }
    })
    await expect(upscaled(request, waves(size), withUpscaler(cancelled), stage)).rejects.toThrow(
      'by its owner'
    )
    expect(cancelled.tiles.length).toBeLessThanOrEqual(3)
  })
})

describe('a creative upscale', () => {
  const request = (strength: number, changes: Partial<GenerateRequest> = {}) =>
    requestOf({ upscaler: 'repeating', factor: 3, creative: { strength } }, changes)

  test('at strength 0 is the upscale', async () => {
    const models = withUpscaler(repeating(3))
    const plain = await upscaled(requestOf({ upscaler: 'repeating', factor: 3 }), waves(size), models)
    const made = await upscaled(request(0), waves(size), models)
    expect(made.variations[0]!.pixels).toEqual(plain.variations[0]!.pixels)
  })

  test('changes the picture in tiles that suit the model, the same for the same seed, its steps counted', async () => {
    const model = fakeModel({ sees: [0.5, 0, -0.5] })
    const seen: Progress[] = []
    const areas: Rect[] = []
    const stage = stageOf({
      onProgress: (each) => seen.push(each),
      onPreview: ({ area }) => areas.push(area)
    })
    const made = await upscaled(
      request(0.5, { count: 2 }),
      waves(size),
      withUpscaler(repeating(3), model),
      stage
    )
    const again = await upscaled(request(0.5), waves(size), withUpscaler(repeating(3)))
    expect(made.variations.map(({ pixels: { width, height }, seed }) => [width, height, seed])).toEqual([
      [450, 210, 5],
      [450, 210, 6]
    ])
    expect(again.variations[0]!.pixels).toEqual(made.variations[0]!.pixels)
    expect(made.variations[1]!.pixels).not.toEqual(made.variations[0]!.pixels)
    const sides = model.calls.map(({ x }) => 8 * Math.max(x.dims[2]!, x.dims[3]!))
    expect(Math.max(...sides)).toBeLessThanOrEqual(256)
    const last = seen.at(-1)!
    expect([last.phase, last.step]).toEqual(['decoding', last.steps])
    expect(last.steps).toBe(model.calls.length)
    expect(seen.every(({ step }, i) => i === 0 || step >= seen[i - 1]!.step)).toBe(true)
    expect(areas.every(({ width, height }) => width === 150 && height === 70)).toBe(true)
    expect(areas.length).toBeGreaterThan(0)
  })
})
