import { describe, expect, it } from 'vitest'
import { alphasCumprodOf } from '../../../bridge-server/tensor/betas.ts'
import { denoiserOf, type Network } from '../../../bridge-server/sampling/denoiser.ts'
import { modelSigmas } from '../../../bridge-server/sampling/model-sigmas.ts'
import { largestDifference } from '../../support/numbers.ts'

const sigmas = modelSigmas(alphasCumprodOf({ start: 0.00085, end: 0.012, schedule: 'scaled_linear' }))
const picture = Float32Array.of(0.3, -1.2, 2, 0)
const noise = Float32Array.of(-0.7, 0.4, 1.1, 0.2)
const noised = (sigma: number) => picture.map((value, i) => value + sigma * noise[i]!)

/** Networks that know the answer, in the variance-preserving terms they are trained in. */
const alphaOf = (timestep: number): number => 1 / (1 + sigmas.sigmaOf(timestep) ** 2)
const ideal: Record<'epsilon' | 'v' | 'sample', Network> = {
  epsilon: () => Promise.resolve(noise),
  v: (_, t) => {
    const [a, b] = [Math.sqrt(alphaOf(t)), Math.sqrt(1 - alphaOf(t))]
    return Promise.resolve(noise.map((value, i) => a * value - b * picture[i]!))
  },
  sample: () => Promise.resolve(picture)
}

describe.each(['epsilon', 'v', 'sample'] as const)('a network that predicts %s', (prediction) => {
  it.each([0.05, 1, 7.3, 14.6])('gives back the picture at sigma %d', async (sigma) => {
    const denoise = denoiserOf(ideal[prediction], sigmas, prediction)
    // Float32 latents of deviation sigma leave an error of about sigma · 2⁻²².
    expect(largestDifference(await denoise(noised(sigma), sigma), picture)).toBeLessThan(
      1e-6 * (1 + sigma) * 4
    )
  })
})

describe('a network', () => {
  const seen: { x: Float32Array; timestep: number }[] = []
  const spy: Network = (x, timestep) => {
    seen.push({ x, timestep })
    return Promise.resolve(x)
  }

  it('sees latents of unit variance and a fractional timestep', async () => {
    await denoiserOf(spy, sigmas, 'epsilon')(noised(3), 3)
    const { x, timestep } = seen.at(-1)!
    expect(
      largestDifference(
        x,
        noised(3).map((value) => value / Math.sqrt(10))
      )
    ).toBeLessThan(1e-6)
    expect(timestep).toBeCloseTo(sigmas.timestepOf(3), 10)
    expect(Number.isInteger(timestep)).toBe(false)
  })

  it('sees whole timesteps where they are quantised', async () => {
    await denoiserOf(spy, sigmas, 'epsilon', { quantize: true })(noised(3), 3)
    expect(seen.at(-1)!.timestep).toBe(Math.round(sigmas.timestepOf(3)))
  })
})
