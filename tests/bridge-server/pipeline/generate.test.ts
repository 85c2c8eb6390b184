import { describe, expect, test } from 'vitest'
import { composite } from '../../../bridge-server/image/composite.ts'
import { emptiness } from '../../../bridge-server/image/mask.ts'
import type { Gray, Rgba } from '../../../bridge-server/image/pixels.ts'
import { generate } from '../../../bridge-server/pipeline/generate.ts'
import type { Progress } from '../../../bridge-server/pipeline/progress.ts'
import type { Stage } from '../../../bridge-server/pipeline/stage.ts'
import { areasFor } from '../../../bridge-server/protocol/context.ts'
import type { Rect, Size } from '../../../bridge-server/protocol/geometry.ts'
import type { GenerateRequest } from '../../../bridge-server/protocol/request.ts'
import { fakeModel, fakeModels } from '../../support/fake-model.ts'

const WHITE = [1, 1, 1] as const
const sampling = { sampler: 'euler', schedule: 'normal', steps: 4, guidance: 3, seed: 5 }

const requestOf = (canvas: Size, changes: Partial<GenerateRequest> = {}): GenerateRequest => ({
  mode: 'txt2img',
  model: 'fake',
  prompt: 'a red car',
  negativePrompt: '',
  documentId: 'document',
  canvas,
  area: { x: 0, y: 0, ...canvas },
  strength: 1,
  sampling,
  count: 1,
  workingSize: null,
  ...changes
})

const stageOf = (
  onProgress: Stage['onProgress'] = () => undefined,
  signal = new AbortController().signal
): Stage => ({
  signal,
  onProgress,
  onPreview: () => undefined
})

const paint = ({ width, height }: Size, colour: (x: number, y: number) => readonly number[]): Rgba => ({
  width,
  height,
  data: Uint8ClampedArray.from(
    Array.from({ length: width * height }, (_, i) => colour(i % width, Math.floor(i / width))).flat()
  )
})

const maskOf = ({ width, height }: Size, value: (x: number, y: number) => number): Gray => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)))
})

const checkers = (size: Size): Rgba =>
  paint(size, (x, y) => (((x >> 4) + (y >> 4)) % 2 === 0 ? [40, 60, 80, 255] : [200, 180, 160, 255]))

const inside =
  ({ x, y, width, height }: Rect) =>
  (u: number, v: number): number =>
    u >= x && u < x + width && v >= y && v < y + height ? 255 : 0

function cropped(image: Rgba, area: Rect): Rgba {
  return paint(area, (x, y) => {
    const at = 4 * ((y + area.y) * image.width + x + area.x)
    return [...image.data.subarray(at, at + 4)]
  })
}

describe('seeds', () => {
  test('the same request gives the same bytes, another seed others, and variation i is the seed plus i', async () => {
    const size = { width: 128, height: 128 }
    const make = (seed: number, count: number) =>
      generate(
        requestOf(size, { count, sampling: { ...sampling, seed } }),
        {},
        fakeModels(fakeModel({ sees: WHITE })),
        stageOf()
      )
    const [three, again, next] = [await make(5, 3), await make(5, 1), await make(6, 1)]
    expect(three.variations.map(({ seed }) => seed)).toEqual([5, 6, 7])
    expect(again.variations[0]!.pixels).toEqual(three.variations[0]!.pixels)
    expect(next.variations[0]!.pixels).toEqual(three.variations[1]!.pixels)
    expect(next.variations[0]!.pixels).not.toEqual(again.variations[0]!.pixels)
    // Every seed of a result can be sent again.
    const [last, first] = [await make(2 ** 32 - 1, 2), await make(0, 1)]
    expect(last.variations.map(({ seed }) => seed)).toEqual([2 ** 32 - 1, 0])
    expect(last.variations[1]!.pixels).toEqual(first.variations[0]!.pixels)
  })
})

const canvas = { width: 801, height: 513 }
/** Waves, for squares that do not fall on those of the latents would look shifted. */
const document = paint(canvas, (x, y) => [
  128 + 60 * Math.sin(x / 9) + 60 * Math.sin(y / 9),
  128 + 100 * Math.sin(x / 13),
  128,
  255
])

describe('inpainting, at odd sizes and at every edge of the canvas', () => {
  const edges: readonly [string, Rect][] = [
    ['left', { x: 0, y: 200, width: 61, height: 87 }],
    ['right', { x: 740, y: 200, width: 61, height: 87 }],
    ['top', { x: 333, y: 0, width: 97, height: 33 }],
    ['bottom', { x: 333, y: 480, width: 97, height: 33 }],
    ['corner', { x: 700, y: 450, width: 101, height: 63 }],
    ['middle', { x: 301, y: 199, width: 99, height: 101 }]
  ]

  test.each(edges)('%s: no byte outside the mask changes, and nothing is shifted', async (_, selected) => {
    const { context: area } = areasFor(selected, canvas, { strength: 1, nativeSize: 128 })
    const snapshot = cropped(document, area)
    const selection = maskOf(area, (x, y) => inside(selected)(x + area.x, y + area.y))
    const request = requestOf(canvas, { mode: 'inpaint', area, workingSize: roundedUp(area) })
    const models = fakeModels(fakeModel({ inputChannels: 9 }))
    const made = await generate(request, { snapshot, selection }, models, stageOf())
    const pixels = made.variations[0]!.pixels
    const mask = made.mask!
    expect([pixels.width, pixels.height, made.area]).toEqual([area.width, area.height, area])

    const shown = composite(snapshot, pixels, mask)
    expect(shown.data.every((value, i) => mask.data[i >> 2] !== 0 || value === snapshot.data[i])).toBe(true)
    expect(shown.data.some((value, i) => value !== snapshot.data[i])).toBe(true)
    expect(selection.data.every((value, i) => value === 0 || mask.data[i] === 255)).toBe(true)

    const distance = (dx: number, dy: number) => distanceOutside(pixels, snapshot, mask, [dx, dy])
    for (const [dx, dy] of [
      [2, 0],
      [-2, 0],
      [0, 2],
      [0, -2]
    ] as const)
      expect(distance(0, 0)).toBeLessThan(distance(dx, dy))
  })
})

const roundedUp = ({ width, height }: Size): Size => ({
  width: Math.ceil(width / 8) * 8,
  height: Math.ceil(height / 8) * 8
})

/** Mean difference of what was made, moved by some pixels, from the picture where the mask is 0. */
function distanceOutside(made: Rgba, picture: Rgba, mask: Gray, [dx, dy]: readonly [number, number]): number {
  const { width, height } = mask
  let [sum, count] = [0, 0]
  for (let y = 2; y < height - 2; y++)
    for (let x = 2; x < width - 2; x++) {
      if (mask.data[y * width + x] !== 0) continue
      sum += Math.abs(made.data[4 * ((y + dy) * width + x + dx)]! - picture.data[4 * (y * width + x)]!)
      count++
    }
  return sum / count
}

test('a gradient selection changes the picture the more the more is selected', async () => {
  const size = { width: 256, height: 64 }
  const snapshot = paint(size, () => [0, 0, 0, 255])
  const selection = maskOf(size, (x) => x)
  const request = requestOf(size, {
    mode: 'inpaint',
    workingSize: size,
    mask: { minTransition: 0, feather: 0.02 }
  })
  const { variations, mask } = await generate(
    request,
    { snapshot, selection },
    fakeModels(fakeModel({ sees: WHITE })),
    stageOf()
  )
  const shown = composite(snapshot, variations[0]!.pixels, mask)
  const columns = Array.from({ length: 16 }, (_, block) => {
    let sum = 0
    for (let y = 0; y < 64; y++)
      for (let x = 0; x < 16; x++) sum += shown.data[4 * (y * 256 + block * 16 + x)]!
    return sum / 1024
  })
  expect(columns.every((value, i) => i === 0 || value >= columns[i - 1]! - 1)).toBe(true)
  expect(new Set(columns.map((value) => Math.round(value / 8))).size).toBeGreaterThan(8)
})

describe('outpainting', () => {
  const size = { width: 200, height: 120 }
  const old = (x: number) => x >= 60 && x < 140
  const snapshot = paint(size, (x, y) => (old(x) ? [80 + (x >> 1), 90, 60 + y, 255] : [0, 0, 0, 0]))
  const models = fakeModels(fakeModel({ inputChannels: 9, sees: [0.8, -0.5, 0.9] }))

  test('old pixels stay, to the byte; the new ones meet them without a step', async () => {
    const selection = emptiness(snapshot)
    const request = requestOf(size, { mode: 'outpaint' })
    const { variations, mask } = await generate(request, { snapshot, selection }, models, stageOf())
    expect(mask).toEqual(emptiness(snapshot))
    const { data } = composite(snapshot, variations[0]!.pixels, mask)
    expect(data.every((value, i) => !old((i >> 2) % 200) || value === snapshot.data[i])).toBe(true)
    const step = (x: number) => {
      let sum = 0
      for (let y = 0; y < 120; y++) sum += Math.abs(data[4 * (y * 200 + x)]! - data[4 * (y * 200 + x - 1)]!)
      return sum / 120
    }
    const within = Math.max(step(50), step(55), step(58), step(62), step(70))
    for (const border of [60, 140]) expect(step(border)).toBeLessThanOrEqual(within + 2)
  })

  test('a selection over old pixels changes them softly, and never outside it', async () => {
    const selection = maskOf(size, (x) => (x < 90 ? 255 : 0))
    const request = requestOf(size, { mode: 'outpaint' })
    const { mask } = await generate(request, { snapshot, selection }, models, stageOf())
    const row = mask!.data.slice(0, 200)
    expect(row.every((value, x) => old(x) || value === (x < 90 ? 255 : 0))).toBe(true)
    expect(row.every((value, x) => x < 90 || !old(x) || value === 0)).toBe(true)
    expect(new Set(row.slice(60, 90)).size).toBeGreaterThan(5)
  })

  test('with nothing empty there is nothing to do', async () => {
    const request = requestOf(canvas, { mode: 'outpaint' })
    await expect(generate(request, { snapshot: document }, models, stageOf())).rejects.toMatchObject({
      code: 'selection-empty'
    })
  })
})

describe('calls of the UNet', () => {
  const size = { width: 128, height: 128 }
  const callsFor = async (changes: Partial<GenerateRequest>) => {
    const model = fakeModel({ sees: WHITE })
    await generate(requestOf(size, changes), {}, fakeModels(model), stageOf())
    return model.calls.map(({ x }) => x.dims[0])
  }

  test('both prompts share a call', async () => {
    expect(await callsFor({})).toEqual([2, 2, 2, 2])
  })

  test('at guidance 1 only the prompt is asked for', async () => {
    expect(await callsFor({ sampling: { ...sampling, guidance: 1 } })).toEqual([1, 1, 1, 1])
  })

  test('a model that embeds its guidance is told it in one call a step, whatever the negative prompt says', async () => {
    const make = async (negativePrompt: string) => {
      const model = fakeModel({ sees: WHITE, embedsGuidance: true })
      const { variations } = await generate(
        requestOf(size, { negativePrompt }),
        {},
        fakeModels(model),
        stageOf()
      )
      return { calls: model.calls, pixels: variations[0]!.pixels }
    }
    const [without, other] = [await make(''), await make('a dog in the grass')]
    expect(without.calls.map(({ x, guidance }) => [x.dims[0], guidance])).toEqual(Array(4).fill([1, 3]))
    expect(other.pixels).toEqual(without.pixels)
  })

  test('other models are told none', async () => {
    const model = fakeModel({ sees: WHITE })
    await generate(requestOf(size), {}, fakeModels(model), stageOf())
    expect(model.calls.filter((call) => 'guidance' in call)).toEqual([])
  })

  test('AND needs the unconditional prediction even there', async () => {
    const model = fakeModel({ sees: WHITE, embedsGuidance: true })
    await generate(requestOf(size, { prompt: 'a red car AND a dog' }), {}, fakeModels(model), stageOf())
    expect(model.calls.map(({ x }) => x.dims[0])).toEqual([3, 3, 3, 3])
  })

  test('prompts of different length are two calls', async () => {
    const prompt = 'a red car in the grass and a dog and a cat and a house on sand'
    expect(await callsFor({ prompt })).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
  })

  test('of a refine a share of the steps is made', async () => {
    const model = fakeModel({ sees: WHITE })
    const request = requestOf(size, { mode: 'img2img', strength: 0.5 })
    await generate(request, { snapshot: checkers(size) }, fakeModels(model), stageOf())
    expect(model.calls.length).toBe(3)
  })
})

test('a cancelled job calls the UNet at most once more', async () => {
  const model = fakeModel({ sees: WHITE })
  const controller = new AbortController()
  const stage = stageOf(({ step }) => {
    if (step === 2) controller.abort(new Error('cancelled by its owner'))
  }, controller.signal)
  const request = requestOf({ width: 128, height: 128 }, { count: 3 })
  await expect(generate(request, {}, fakeModels(model), stage)).rejects.toThrow('cancelled by its owner')
  expect(model.calls.length).toBeLessThanOrEqual(3)
})

test('progress never goes back, and counts the steps of all variations', async () => {
  const seen: Progress[] = []
  const request = requestOf({ width: 128, height: 128 }, { count: 2 })
  await generate(
    request,
    {},
    fakeModels(fakeModel({ sees: WHITE })),
    stageOf((progress) => seen.push(progress))
  )
  expect(seen.every(({ step }, i) => i === 0 || step >= seen[i - 1]!.step)).toBe(true)
  expect(seen.at(-1)).toMatchObject({ phase: 'decoding', variation: 1, variations: 2, step: 8, steps: 8 })
})

describe('depth', () => {
  const size = { width: 128, height: 128 }
  const request = requestOf(size, { mode: 'depth2img' })
  const depthOf = { data: Float32Array.from([0, 1, 2, 3]), dims: [1, 2, 2] }

  test('the estimate guides the UNet from −1 to 1, and comes back as a picture of the area', async () => {
    const model = fakeModel({ inputChannels: 5, sees: WHITE, estimateDepth: () => Promise.resolve(depthOf) })
    const { depth } = await generate(request, { snapshot: checkers(size) }, fakeModels(model), stageOf())
    const channel = model.calls[0]!.x.data.slice(4 * 256, 5 * 256)
    expect([Math.min(...channel), Math.max(...channel)]).toEqual([-1, 1])
    expect([depth!.width, depth!.height, depth!.data[0], depth!.data.at(-1)]).toEqual([128, 128, 0, 255])
  })

  test('flat depth is the middle everywhere, not a division by zero', async () => {
    const model = fakeModel({ inputChannels: 5, sees: WHITE })
    const images = { snapshot: checkers(size), depth: maskOf(size, () => 77) }
    await generate(request, images, fakeModels(model), stageOf())
    expect(model.calls[0]!.x.data.slice(4 * 256, 5 * 256).every((value) => value === 0)).toBe(true)
  })

  test('other models cannot', async () => {
    const models = fakeModels(fakeModel({ sees: WHITE }))
    await expect(generate(request, { snapshot: checkers(size) }, models, stageOf())).rejects.toMatchObject({
      code: 'model-cannot'
    })
  })
})

describe('what cannot be done is said with the numbers', () => {
  const models = fakeModels(fakeModel({ sees: WHITE }))
  const size = { width: 64, height: 48 }
  const refusal = (changes: Partial<GenerateRequest>, images: Parameters<typeof generate>[1]) =>
    expect(generate(requestOf(size, changes), images, models, stageOf())).rejects

  test('an empty selection', () =>
    refusal(
      { mode: 'inpaint' },
      { snapshot: checkers(size), selection: maskOf(size, () => 0) }
    ).toMatchObject({
      code: 'selection-empty',
      message: expect.stringContaining('64 × 48') as string
    }))
  test('no snapshot', () => refusal({ mode: 'inpaint' }, {}).toMatchObject({ code: 'bad-message' }))
  test('images of another size', () =>
    refusal({ mode: 'img2img' }, { snapshot: checkers({ width: 65, height: 48 }) }).toMatchObject({
      code: 'bad-message',
      message: expect.stringContaining('65 × 48') as string
    }))
  test('a network in the negative prompt', () =>
    refusal({ negativePrompt: 'blurry <lora:shiny:1>' }, {}).toMatchObject({
      code: 'prompt-invalid',
      message: expect.stringContaining('<lora:shiny:1>') as string
    }))
  test('a weight that is no number', () =>
    refusal({ prompt: 'a car <lora:shiny:much>' }, {}).toMatchObject({
      code: 'prompt-invalid',
      message: expect.stringContaining('“much”') as string
    }))
  test('a control without its map', () =>
    refusal(
      {
        controls: [
          {
            model: 'canny',
            image: { blob: '0'.repeat(64), width: 64, height: 48, format: 'gray8' },
            ...{ weight: 1, start: 0, end: 1, mode: 'balanced' }
          }
        ]
      },
      {}
    ).toMatchObject({ code: 'bad-message' }))
})
