import { setImmediate as immediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { cropRgba } from '../../../bridge-server/image/crop.ts'
import { generate } from '../../../bridge-server/pipeline/generate.ts'
import { passesFor } from '../../../bridge-server/pipeline/plan.ts'
import type { Progress } from '../../../bridge-server/pipeline/progress.ts'
import type { Size } from '../../../bridge-server/protocol/geometry.ts'
import type { GenerateRequest } from '../../../bridge-server/protocol/request.ts'
import type { UnetInput } from '../../../bridge-server/runtime/model.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { fakeModel, fakeModels } from '../../support/fake-model.ts'

const requestOf = (canvas: Size, changes: Partial<GenerateRequest> = {}): GenerateRequest => ({
  mode: 'txt2img',
  model: 'fake',
  prompt: 'a red car',
  negativePrompt: '',
  documentId: 'document',
  canvas,
  area: { x: 0, y: 0, ...canvas },
  strength: 1,
  sampling: { sampler: 'euler', schedule: 'normal', steps: 10, guidance: 3, seed: 5 },
  count: 1,
  workingSize: null,
  ...changes
})

const sees = [0.5, 0, -0.5] as const
const { info } = fakeModel()
const small = { width: 128, height: 128 }
const large = { width: 256, height: 256 }
const huge = { width: 512, height: 384 }
const shape = (request: GenerateRequest) =>
  passesFor(request, info).map(({ size, tiles }) => `${size.width}×${size.height} in ${tiles.length}`)

test('passes follow the size of the area and how much may change', () => {
  expect(shape(requestOf(small))).toEqual(['128×128 in 1'])
  expect(shape(requestOf(large))).toEqual(['160×160 in 1', '256×256 in 4'])
  expect(shape(requestOf(large, { mode: 'img2img', strength: 0.8 }))).toHaveLength(2)
  // A first pass at a smaller size would lose what is to be kept.
  expect(shape(requestOf(large, { mode: 'img2img', strength: 0.5 }))).toEqual(['256×256 in 4'])
  expect(shape(requestOf(huge, { workingSize: small }))).toEqual(['128×128 in 1'])
  expect(shape(requestOf(large, { workingSize: small, hires: { size: 1.5 } }))).toEqual([
    '128×128 in 1',
    '192×192 in 1'
  ])
  expect(shape(requestOf(small, { hires: { strength: 0.5 } }))).toEqual(['128×128 in 1'])
})

/** Nearer towards the right. */
function estimateOf({ dims }: Tensor): Tensor {
  const [, , h = 0, w = 0] = dims
  return { data: Float32Array.from({ length: h * w }, (_, i) => i % w), dims: [1, h, w] }
}

const made = async (request: GenerateRequest) => {
  const model = fakeModel({ sees })
  const seen: Progress[] = []
  const { variations, workingSize } = await generate(request, {}, fakeModels(model), {
    signal: new AbortController().signal,
    onProgress: (each) => seen.push(each),
    onPreview: () => undefined
  })
  return { pixels: variations[0]!.pixels, workingSize, calls: model.calls.length, seen }
}

describe('a second pass', () => {
  const both = (hires: GenerateRequest['hires']) =>
    made(requestOf(large, { workingSize: small, ...(hires && { hires }) }))

  test('at strength 0 only makes the picture larger', async () => {
    const [without, at0] = [await both(undefined), await both({ size: large, strength: 0 })]
    expect(at0.calls).toBe(without.calls)
    expect(at0.workingSize).toEqual(large)
    expect(at0.pixels).toEqual(without.pixels)
  })

  test.each([
    [{ size: 2, strength: 0.5, steps: 7 }, 17],
    [{ size: 1, strength: 0.3, steps: 10 }, 20],
    [{ size: 2, strength: 0.5 }, 15],
    [{ size: 2 }, 14]
  ])('%j: it makes the steps it is asked for, else its strength’s share', async (hires, calls) => {
    expect((await both(hires)).calls).toBe(calls)
  })

  test.each(['lanczos', 'latent'])(
    'by %s of another form works on the middle of the picture that covers it',
    async (upscaler) => {
      const size = { width: 192, height: 120 }
      const cut = (hires: GenerateRequest['hires'], area: Size) =>
        made(requestOf(area, { workingSize: small, hires: { upscaler, strength: 0, ...hires } }))
      // 1 latent less at the right than at the left where an odd number is cut.
      const [middle, whole] = [await cut({ size, cover: large }, size), await cut({ size: large }, large)]
      expect(middle.pixels).toEqual(cropRgba(whole.pixels, { x: 32, y: 64, ...size }))
    }
  )

  test('of a depth model is guided by the picture of the first pass, unless latents are handed on', async () => {
    const plane = (input: UnetInput) => {
      const [n = 0, c = 0, h = 0, w = 0] = input.x.dims
      return input.x.data.slice(((n - 1) * c + 4) * h * w)
    }
    const channels = async (upscaler: string) => {
      const estimateDepth = (picture: Tensor): Promise<Tensor> => Promise.resolve(estimateOf(picture))
      const model = fakeModel({ inputChannels: 5, sees, estimateDepth })
      const request = requestOf(large, {
        workingSize: small,
        hires: { size: large, upscaler, strength: 0.5 }
      })
      await generate(request, {}, fakeModels(model), {
        signal: new AbortController().signal,
        onProgress: () => undefined,
        onPreview: () => undefined
      })
      return [plane(model.calls[0]!), plane(model.calls.at(-1)!)] as const
    }
    const [first, second] = await channels('lanczos')
    expect(first.every((depth) => depth === 0)).toBe(true)
    expect([Math.min(...second), Math.max(...second)]).toEqual([-1, 1])
    expect((await channels('latent'))[1].every((depth) => depth === 0)).toBe(true)
  })

  test.each(['lanczos', 'nearest', 'latent', 'latent-bicubic', 'latent-nearest-exact'])(
    'by %s gives the same bytes for the same seed, and others than one pass',
    async (upscaler) => {
      const hires = { size: 2, strength: 0.6, upscaler }
      const [once, again, without] = [await both(hires), await both(hires), await both(undefined)]
      expect(again.pixels).toEqual(once.pixels)
      expect(once.pixels).not.toEqual(without.pixels)
      expect(once.workingSize).toEqual(large)
    }
  )

  test('of a large area is made by itself; progress counts the steps of all passes, tiles and variations', async () => {
    const { seen, calls, pixels } = await made(requestOf(large, { count: 2 }))
    expect([pixels.width, pixels.height]).toEqual([256, 256])
    expect(seen.every(({ step }, i) => i === 0 || step >= seen[i - 1]!.step)).toBe(true)
    expect(seen.at(-1)).toMatchObject({ phase: 'decoding', variation: 1, step: calls, steps: calls })
    expect(seen.map(({ phase }) => phase)).toContain('upscaling')
  })
})

test('variations encode the picture they start from once', async () => {
  const model = fakeModel({ sees })
  let encoded = 0
  const counting = {
    ...model,
    encode: (image: Parameters<typeof model.encode>[0]) => {
      encoded++
      return model.encode(image)
    },
    with: () => Promise.resolve(counting)
  }
  const snapshot = { ...small, data: new Uint8ClampedArray(4 * 128 * 128).fill(255) }
  const request = requestOf(small, { mode: 'img2img', strength: 0.5, count: 3 })
  await generate(request, { snapshot }, fakeModels(counting), {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onPreview: () => undefined
  })
  expect(encoded).toBe(1)
})

test('a preview that fails fails its job, and the process goes on', async () => {
  const broken = (): Promise<never> => Promise.reject(new Error('no room for previews'))
  const model = fakeModel({ sees, tinyDecoder: broken })
  // A rejection is nobody's once a step takes longer than a turn of the event loop.
  const slow = {
    ...model,
    unet: async (input: Parameters<typeof model.unet>[0]) => {
      await immediate()
      return model.unet(input)
    },
    with: () => Promise.resolve(slow)
  }
  const job = generate(requestOf(small), {}, fakeModels(slow), {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onPreview: () => undefined
  })
  // Rejections that nobody takes would fail this run.
  await expect(job).rejects.toThrow('no room for previews')
})
