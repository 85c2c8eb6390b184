import { describe, expect, test } from 'vitest'
import { generate } from '../../../bridge-server/pipeline/generate.ts'
import { brownianNoise } from '../../../bridge-server/sampling/brownian.ts'
import { modelSigmas } from '../../../bridge-server/sampling/model-sigmas.ts'
import { planSampling } from '../../../bridge-server/sampling/plan.ts'
import { createPhiloxGenerator } from '../../../bridge-server/tensor/philox.ts'
import { createTorchGenerator } from '../../../bridge-server/tensor/torch-random.ts'
import type { Sampling } from '../../../bridge-server/protocol/request.ts'
import { aRequest } from '../../support/bridge.ts'
import { fakeModel, fakeModels } from '../../support/fake-model.ts'

/** What a request with these settings makes, and what the UNet was asked on the way. */
async function made(changes: Partial<Sampling> = {}, { count = 1, prompt = 'a red car' } = {}) {
  const model = fakeModel({ sees: [0.3, -0.2, 0.1] })
  const request = aRequest({
    prompt,
    count,
    workingSize: { width: 64, height: 64 },
    sampling: { sampler: 'euler', schedule: 'normal', steps: 3, guidance: 3, seed: 5, ...changes }
  })
  const stage = {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onPreview: () => undefined
  }
  const { variations } = await generate(request, {}, fakeModels(model), stage)
  return { variations, calls: model.calls, pixels: variations.map(({ pixels }) => pixels) }
}

const largestStep = (a: Uint8ClampedArray, b: Uint8ClampedArray): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

describe('a variation seed', () => {
  test('changes nothing at strength 0', async () => {
    const settings = { variationSeed: 9, variationStrength: 0 }
    expect((await made(settings)).variations).toEqual((await made()).variations)
  })

  test('is the picture of that seed at strength 1, and something between before', async () => {
    const [from, to] = [(await made()).pixels[0]!, (await made({ seed: 9 })).pixels[0]!]
    const all = (await made({ variationSeed: 9, variationStrength: 1 })).pixels[0]!
    // The sine of the whole angle over itself, in float32.
    expect(largestStep(all.data, to.data)).toBeLessThanOrEqual(1)
    const some = (await made({ variationSeed: 9, variationStrength: 0.3 })).pixels[0]!
    expect(largestStep(some.data, from.data)).toBeGreaterThan(2)
    expect(largestStep(some.data, to.data)).toBeGreaterThan(2)
  })

  test('counts up in the place of the seed', async () => {
    const settings = { variationSeed: 9, variationStrength: 0.3 }
    const { variations } = await made(settings, { count: 2 })
    expect(variations.map(({ seed, variationSeed }) => [seed, variationSeed])).toEqual([
      [5, 9],
      [5, 10]
    ])
    const second = await made({ ...settings, variationSeed: 10 })
    expect(variations[1]!.pixels).toEqual(second.pixels[0])
  })
})

test('a seed resized from its own size is the same picture, and from another size another', async () => {
  const plain = (await made()).pixels
  expect((await made({ seedResize: { width: 64, height: 64 } })).pixels).toEqual(plain)
  expect((await made({ seedResize: { width: 32, height: 48 } })).pixels).not.toEqual(plain)
})

test.each(['euler', 'euler-a', 'dpmpp-sde'])(
  '%s: the noise of a GPU is another, and as repeatable',
  async (sampler) => {
    const gpu = (await made({ sampler, noise: 'gpu' })).pixels
    expect((await made({ sampler, noise: 'gpu' })).pixels).toEqual(gpu)
    expect(gpu).not.toEqual((await made({ sampler, noise: 'cpu' })).pixels)
  }
)

test.each([
  ['cpu', createTorchGenerator],
  ['gpu', createPhiloxGenerator]
] as const)(
  '%s: the Brownian path of an SDE sampler comes from the same source',
  async (noise, generator) => {
    // From one first noise, so that two seeds differ by their paths alone.
    const second = async (seed: number) => {
      const settings = { sampler: 'dpmpp-2m-sde', variationSeed: 9, variationStrength: 1 }
      return (await made({ ...settings, noise, seed })).calls[1]!.x.data.slice(0, length)
    }
    const length = 4 * 8 * 8
    const { sigmas } = planSampling(
      { sampler: 'dpmpp-2m-sde', schedule: 'normal', steps: 3 },
      modelSigmas(fakeModel().alphasCumprod)
    )
    const [first = 0, next = 0, last = 0] = sigmas
    const path = (seed: number) =>
      brownianNoise({ seed, length, sigmaMin: last, sigmaMax: first, generator })(first, next)
    const [a, b, c, d] = [await second(5), await second(6), path(5), path(6)]
    const x = a.map((value, i) => value - b[i]!)
    const y = c.map((value, i) => value - d[i]!)
    const dot = (u: Float32Array, v: Float32Array) => u.reduce((sum, value, i) => sum + value * v[i]!, 0)
    // Parallel but for float32.
    expect(dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y))).toBeGreaterThan(0.99999)
  }
)

describe('emphasis', () => {
  const context = async (prompt: string, emphasis?: Sampling['emphasis']) =>
    (await made(emphasis === undefined ? {} : { emphasis }, { prompt })).calls[0]!.context

  test('is the original unless another is chosen', async () => {
    const weighted = await context('(red:1.5) car')
    expect(await context('(red:1.5) car', 'original')).toEqual(weighted)
    expect(weighted).not.toEqual(await context('red car'))
  })

  test('can be ignored, be text, or leave the mean alone', async () => {
    const contexts = [
      await context('(red:1.5) car', 'original'),
      await context('(red:1.5) car', 'no-norm'),
      await context('(red:1.5) car', 'none'),
      await context('(red:1.5) car', 'ignore')
    ]
    expect(new Set(contexts.map(({ data }) => data.join())).size).toBe(4)
  })
})
