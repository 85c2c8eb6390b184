import { describe, expect, it } from 'vitest'
import { alphasCumprodOf } from '../../../bridge-server/tensor/betas.ts'
import { brownianNoise } from '../../../bridge-server/sampling/brownian.ts'
import { modelSigmas } from '../../../bridge-server/sampling/model-sigmas.ts'
import { findSampler, samplers } from '../../../bridge-server/sampling/registry.ts'
import type {
  Denoise,
  Latents,
  SamplerOptions,
  SamplerStep
} from '../../../bridge-server/sampling/sampler.ts'
import { createTorchGenerator } from '../../../bridge-server/tensor/torch-random.ts'
import { largestDifference } from '../../support/numbers.ts'

const model = modelSigmas(alphasCumprodOf({ start: 0.00085, end: 0.012, schedule: 'scaled_linear' }))

// For data drawn from N(0, 1) the ideal denoiser is linear and the way of every point is known.
const gaussian: Denoise = (x, sigma) => Promise.resolve(x.map((value) => value / (1 + sigma ** 2)))
const exact = (x: number, from: number, to: number): number => x * Math.sqrt((1 + to ** 2) / (1 + from ** 2))

/** `count` steps of Karras et al.'s schedule that stops above 0, where the way is smooth to its end. */
function falling(count: number, from: number, to: number): number[] {
  const [high, low] = [from ** (1 / 7), to ** (1 / 7)]
  return Array.from({ length: count + 1 }, (_, i) => (high + (i / count) * (low - high)) ** 7)
}

/** The options of one picture: a generator and a Brownian path from its seed, and a model whose two predictions are the same. */
function optionsFor(seed: number, length: number, sigmas: readonly number[]) {
  const generator = createTorchGenerator(seed)
  let last: Latents = new Float32Array(length)
  const denoise: Denoise = async (x, sigma) => (last = await gaussian(x, sigma))
  const positive = sigmas.filter((sigma) => sigma > 0)
  const options: SamplerOptions = {
    noise: () => generator.randn(length),
    brownian: brownianNoise({
      seed,
      length,
      sigmaMin: Math.min(...positive),
      sigmaMax: Math.max(...positive)
    }),
    unconditional: () => last,
    modelSigmas: model
  }
  return { denoise, options }
}

describe('halving the step', () => {
  const [from, to] = [8, 0.5]
  const errorOf = async (id: string, count: number, order?: number): Promise<number> => {
    const sigmas = falling(count, from, to)
    const { denoise, options } = optionsFor(1, 1, sigmas)
    const settings = { ...options, eta: 0, ...(order === undefined ? {} : { order }) }
    const [end = NaN] = await findSampler(id).run(denoise, Float32Array.of(1), sigmas, settings)
    return Math.abs(end - exact(1, from, to))
  }

  // Multistep methods start with lower orders, so theirs shows as 2 at least and more where the start weighs little.
  // Heun++ weighs its slopes by sigma over a fixed number, which no longer makes a method of second order.
  it.each([
    { id: 'euler', order: 1 },
    { id: 'euler-a', order: 1 },
    { id: 'ddim', order: 1 },
    { id: 'ddim-cfgpp', order: 1 },
    { id: 'euler-cfgpp', order: 1 },
    { id: 'heunpp2', order: 1 },
    { id: 'heun', order: 2 },
    { id: 'dpm2', order: 2 },
    { id: 'dpm2-a', order: 2 },
    { id: 'dpmpp-2s-a', order: 2 },
    { id: 'dpmpp-sde', order: 2 },
    { id: 'dpmpp-2m', order: 2 },
    { id: 'dpmpp-2m-sde', order: 2 },
    { id: 'dpmpp-2m-sde-heun', order: 2 },
    { id: 'res-multistep', order: 2 },
    { id: 'unipc', order: 2 },
    { id: 'unipc-bh2', order: 2 },
    { id: 'deis', order: 2 },
    { id: 'plms', order: 2 },
    { id: 'ipndm', order: 2 }
  ])('divides the error of $id by 2 to the $order', async ({ id, order }) => {
    const [coarse, fine] = [await errorOf(id, 64), await errorOf(id, 128)]
    expect(Math.abs(Math.log2(coarse / fine) - order)).toBeLessThan(0.15)
  })

  it.each(['lms', 'dpmpp-3m-sde'])('divides the error of %s by more than 2 to the 2', async (id) => {
    const [coarse, fine] = [await errorOf(id, 32), await errorOf(id, 64)]
    expect(Math.log2(coarse / fine)).toBeGreaterThan(2.3)
  })

  it('divides the error of dpm-fast by 2 to the 3 where its last step is of second order', async () => {
    // 32 and 65 sigmas are 11 and 22 steps of threes and a two.
    const [coarse, fine] = [await errorOf('dpm-fast', 31), await errorOf('dpm-fast', 64)]
    expect(Math.abs(Math.log2(coarse / fine) - 3)).toBeLessThan(0.3)
  })
})

describe('dpm-adaptive', () => {
  it('gets as near as its tolerance asks', async () => {
    const { options } = optionsFor(1, 1, [8, 0.5])
    const errors = [0.05, 0.005, 0.0005].map(async (relative) => {
      const tolerance = { relative, absolute: relative / 10 }
      const [end = NaN] = await findSampler('dpm-adaptive').run(gaussian, Float32Array.of(1), [8, 0.5], {
        ...options,
        tolerance
      })
      return Math.abs(end / exact(1, 8, 0.5) - 1)
    })
    const [loose = NaN, medium = NaN, strict = NaN] = await Promise.all(errors)
    expect(loose).toBeLessThan(0.05)
    expect(medium).toBeLessThan(loose / 3)
    expect(strict).toBeLessThan(medium / 3)
  })
})

describe('noise', () => {
  const LENGTH = 8192
  const start = createTorchGenerator(99)
    .randn(LENGTH)
    .map((value) => value * Math.hypot(8, 1))
  const restart = { low: 0.8, high: 3, steps: 12, times: 2 }

  // Whatever noise goes in, points of N(0, 1 + σ²) must stay points of N(0, 1 + σ²). Of 8192 points the variance has a standard
  // error of 1.6 %, to which the solver's own error comes; methods of first order get more steps.
  it.each([
    { id: 'euler-a', steps: 128 },
    { id: 'ddpm', steps: 128 },
    { id: 'dpm2-a', steps: 24 },
    { id: 'dpmpp-2s-a', steps: 24 },
    { id: 'dpmpp-sde', steps: 24 },
    { id: 'dpmpp-2m-sde', steps: 24 },
    { id: 'dpmpp-2m-sde-heun', steps: 24 },
    { id: 'dpmpp-3m-sde', steps: 24 },
    { id: 'restart', steps: 24 }
  ])('of $id keeps the distribution', async ({ id, steps }) => {
    const sigmas = falling(steps, 8, 0.5)
    const { options } = optionsFor(3, LENGTH, sigmas)
    const end = await findSampler(id).run(gaussian, start, sigmas, { ...options, restart })
    const variance = end.reduce((sum, value) => sum + value * value, 0) / LENGTH
    expect(Math.abs(variance / 1.25 - 1)).toBeLessThan(0.05)
  })
})

describe('methods that are others in disguise', () => {
  const sigmas = [...falling(9, 12, 0.1), 0]
  const x = createTorchGenerator(5)
    .randn(64)
    .map((value) => value * 12)
  const run = (id: string, settings: Partial<SamplerOptions> = {}): Promise<Latents> => {
    const { denoise, options } = optionsFor(8, x.length, sigmas)
    return findSampler(id).run(denoise, x, sigmas, { ...options, ...settings })
  }

  it.each<[string, Partial<SamplerOptions>, string, Partial<SamplerOptions>]>([
    ['euler-a', { eta: 0 }, 'euler', {}],
    ['ddim', { eta: 0 }, 'euler', {}],
    ['ddim', { eta: 1 }, 'ddpm', {}],
    ['euler-cfgpp', {}, 'euler', {}],
    ['lms', { order: 1 }, 'euler', {}],
    ['ipndm', { order: 1 }, 'euler', {}],
    ['deis', { order: 1 }, 'euler', {}],
    ['dpm2-a', { eta: 0 }, 'dpm2', {}],
    ['dpmpp-2m-sde', { eta: 0 }, 'dpmpp-2m', {}],
    ['res-multistep', { eta: 0 }, 'dpmpp-2m-sde-heun', { eta: 0 }],
    ['restart', { restart: { low: 0.1, high: 2, steps: 4, times: 0 } }, 'heun', {}],
    ['heun', { churn: { amount: 0 } }, 'heun', {}]
  ])('%s with %j is %s with %j', async (one, settings, other, others) => {
    // Latents of deviation 12 in float32, over ten steps.
    expect(largestDifference(await run(one, settings), await run(other, others))).toBeLessThan(1e-5)
  })
})

describe.each(samplers)('$label', ({ run, drawsNoise, brownian }) => {
  const sigmas = [...falling(5, 14.6, 0.03), 0]
  const x = createTorchGenerator(1)
    .randn(32)
    .map((value) => value * 14.6)
  const runWith = (seed: number, settings: Partial<SamplerOptions> = {}): Promise<Latents> => {
    const { denoise, options } = optionsFor(seed, x.length, sigmas)
    return run(denoise, x, sigmas, { ...options, ...settings })
  }

  it('gives the same latents for the same seed and leaves its input alone', async () => {
    const before = x.slice()
    expect(await runWith(1)).toEqual(await runWith(1))
    expect(x).toEqual(before)
  })

  it('depends on the seed only where it says that it uses noise', async () => {
    const settings = { eta: 1, restart: { low: 0.1, high: 2, steps: 3, times: 1 } }
    const same = largestDifference(await runWith(1, settings), await runWith(2, settings)) === 0
    expect(same).toBe(drawsNoise !== true && brownian !== true)
  })

  it('ends where the data is, whatever the start', async () => {
    const end = await runWith(1)
    expect(end.every(Number.isFinite)).toBe(true)
    expect(Math.max(...end.map(Math.abs))).toBeLessThan(6)
  })

  it('makes no call of the model after it was cancelled', async () => {
    const controller = new AbortController()
    let calls = 0
    const { denoise, options } = optionsFor(1, x.length, sigmas)
    const cancelling: Denoise = (latents, sigma) => {
      if (++calls === 3) controller.abort()
      return denoise(latents, sigma)
    }
    const result = run(cancelling, x, sigmas, { ...options, signal: controller.signal })
    await expect(result).rejects.toMatchObject({ name: 'AbortError' })
    expect(calls).toBe(3)
  })

  it('tells of its steps in order, each with the prediction made at its start', async () => {
    const told: SamplerStep[] = []
    await runWith(1, { onStep: (step) => told.push(step) })
    expect(told.map(({ index }) => index)).toEqual(told.map((_, i) => i))
    expect(told[0]!.sigma).toBeCloseTo(sigmas[0]!, 4)
    expect(told.every(({ denoised }) => denoised.length === x.length)).toBe(true)
  })
})

describe('the calls of the model', () => {
  const sigmas = [...falling(5, 14.6, 0.03), 0]
  const regular = samplers.filter(({ id }) => !id.startsWith('dpm-') && id !== 'heunpp2' && id !== 'plms')

  it.each(regular)('of $id are $callsPerStep a step and one in the last', async ({ run, callsPerStep }) => {
    let calls = 0
    const { denoise, options } = optionsFor(1, 32, sigmas)
    await run((latents, sigma) => (calls++, denoise(latents, sigma)), new Float32Array(32), sigmas, options)
    expect(calls).toBe(callsPerStep * (sigmas.length - 2) + 1)
  })
})
