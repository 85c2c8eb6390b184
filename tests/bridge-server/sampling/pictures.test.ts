import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { alphasCumprodOf } from '../../../bridge-server/tensor/betas.ts'
import { brownianNoise } from '../../../bridge-server/sampling/brownian.ts'
import { planAsDiffusers, type SchedulerConfig } from '../../../bridge-server/sampling/diffusers.ts'
import { modelSigmas } from '../../../bridge-server/sampling/model-sigmas.ts'
import { planSampling } from '../../../bridge-server/sampling/plan.ts'
import { samplers } from '../../../bridge-server/sampling/registry.ts'
import type { Latents } from '../../../bridge-server/sampling/sampler.ts'
import { schedules } from '../../../bridge-server/sampling/schedules.ts'
import { createTorchGenerator } from '../../../bridge-server/tensor/torch-random.ts'
import { findGolden } from '../../support/golden.ts'
import { largestDifference, largestRelativeDifference } from '../../support/numbers.ts'
import { readArrays } from '../../support/safetensors.ts'

interface Request {
  readonly seed: number
  readonly steps: number
  readonly sampler_name: string
  readonly scheduler: string
  readonly denoising_strength?: number
  readonly reference: 'k-diffusion' | 'diffusers'
  readonly scheduler_config?: Omit<SchedulerConfig, '_class_name'>
}

const model = modelSigmas(alphasCumprodOf({ start: 0.00085, end: 0.012, schedule: 'scaled_linear' }))
const folder = findGolden('pictures')
const cases =
  folder === null
    ? []
    : readdirSync(folder).filter((name) => existsSync(path.join(folder, name, 'request.json')))

function open(name: string) {
  const read = (file: string): string => path.join(folder!, name, file)
  const request = JSON.parse(
    readFileSync(read('request.json'), 'utf8').replaceAll('-Infinity', 'null')
  ) as Request
  return { request, arrays: readArrays(read('latents.safetensors')) }
}

const idOf = (list: readonly { readonly id: string; readonly label: string }[], label: string): string =>
  list.find((entry) => entry.label === label)!.id

const planFor = ({ sampler_name, scheduler, steps, denoising_strength: strength }: Request) =>
  planSampling(
    {
      sampler: idOf(samplers, sampler_name),
      schedule: idOf(schedules, scheduler),
      steps,
      ...(strength === undefined ? {} : { strength })
    },
    model
  )

describe.skipIf(folder === null)('the golden picture', () => {
  it.each(cases)('%s starts from the same noise', (name) => {
    const { request, arrays } = open(name)
    const { shape, data } = arrays.get('noise')!
    const length = data.length / shape[0]!
    for (let i = 0; i < shape[0]!; i++) {
      const noise = createTorchGenerator(request.seed + i).randn(length)
      expect(largestDifference(noise, data.subarray(i * length, (i + 1) * length))).toBeLessThan(2e-6)
    }
  })

  const byKDiffusion = cases.filter((name) => open(name).arrays.has('sigmas'))
  it.each(byKDiffusion)('%s walks the same sigmas, within two float32 steps', (name) => {
    const { request, arrays } = open(name)
    expect(largestRelativeDifference(planFor(request).sigmas, arrays.get('sigmas')!.data)).toBeLessThan(
      2 ** -22
    )
  })

  const byDiffusers = cases.filter((name) => open(name).arrays.has('timesteps'))
  it.each(byDiffusers)('%s asks the model at the same timesteps', (name) => {
    const { request, arrays } = open(name)
    const config = { _class_name: request.scheduler, ...request.scheduler_config }
    const { sigmas } = planAsDiffusers(config, request.steps, model)
    const timesteps = [...arrays.get('timesteps')!.data].filter((t, i, all) => t !== all[i - 1])
    // Euler's fractional timesteps belong to sigmas interpolated linearly; ours, in ln σ, are less than 0.001 away.
    const asked = sigmas.slice(0, request.steps).map((sigma) => model.timestepOf(sigma))
    expect(largestDifference(asked, timesteps)).toBeLessThan(1e-3)
  })

  const withNoise = cases.filter((name) => open(name).arrays.has('step_noise'))
  it.each(withNoise)('%s draws the same noise in every step', async (name) => {
    const { request, arrays } = open(name)
    const { shape, data } = arrays.get('step_noise')!
    const [draws = 0, batch = 0] = shape
    const length = data.length / draws / batch
    const { sampler, sigmas } = planFor(request)
    for (let i = 0; i < batch; i++) {
      const seed = request.seed + i
      const generator = createTorchGenerator(seed)
      generator.randn(length)
      const drawn: Latents[] = []
      const kept = (noise: Latents): Latents => (drawn.push(noise), noise)
      const path = brownianNoise({ seed, length, sigmaMin: sigmas.at(-2)!, sigmaMax: sigmas[0]! })
      await sampler.run((x) => Promise.resolve(x), new Float32Array(length), sigmas, {
        noise: () => kept(generator.randn(length)),
        brownian: (sigma, next) => kept(path(sigma, next))
      })
      expect(drawn.length).toBe(draws)
      // One float32 step of a sigma near 14.6 moves Brownian noise by up to 1e-3 / √Δσ.
      const tolerance = sampler.brownian === true ? 1e-3 : 2e-6
      drawn.forEach((noise, draw) => {
        const at = (draw * batch + i) * length
        expect(largestDifference(noise, data.subarray(at, at + length))).toBeLessThan(tolerance)
      })
    }
  })
})
