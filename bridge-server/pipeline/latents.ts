import type { DiffusionModel } from '../runtime/model.ts'
import type { NoiseSource } from '../protocol/request.ts'
import { brownianNoise } from '../sampling/brownian.ts'
import { blended, guided, keepingKnown } from '../sampling/guidance.ts'
import type { ModelSigmas } from '../sampling/model-sigmas.ts'
import type { SamplingPlan } from '../sampling/plan.ts'
import type { Latents, SamplerStep } from '../sampling/sampler.ts'
import { combine } from '../sampling/steps.ts'
import { createPhiloxGenerator } from '../tensor/philox.ts'
import { elements } from '../tensor/tensor.ts'
import { createTorchGenerator } from '../tensor/torch-random.ts'
import type { Conditionings } from './conditioning.ts'
import type { ExtraChannels } from './model-input.ts'
import { predictor } from './predict.ts'

/** All that decides one picture's latents, but its seed. */
export interface LatentsJob {
  readonly model: DiffusionModel
  readonly sigmas: ModelSigmas
  readonly plan: SamplingPlan
  readonly conditionings: Conditionings
  readonly extra: ExtraChannels
  readonly guidance: number
  readonly guidanceRescale: number
  readonly eta?: number
  readonly noise: NoiseSource
  /** [1, 4, h, w]. */
  readonly dims: readonly number[]
  /** Latents of the picture that the first ones hold; null: noise alone. */
  readonly picture: Latents | null
  /** What of `picture` may change, 0…1 for each latent; null: all. */
  readonly mask: Latents | null
  readonly signal: AbortSignal
}

/** Samples one picture's latents. The same job and seed give the same bits. */
export async function sampleLatents(
  job: LatentsJob,
  seed: number,
  onStep?: (step: SamplerStep) => void
): Promise<Latents> {
  const { plan, picture, mask } = job
  const generator = job.noise === 'cpu' ? createTorchGenerator(seed) : createPhiloxGenerator(seed)
  const length = elements(job.dims)
  const first = combine(
    [plan.startScale, generator.randn(length)],
    ...(picture === null ? [] : [[1, picture] as const])
  )
  const denoise = guided(predictor({ ...job, quantize: plan.quantize }), job.guidance, {
    rescale: job.guidanceRescale
  })
  const masked = picture !== null && mask !== null
  const last = await plan.sampler.run(
    masked ? keepingKnown(denoise, mask, picture) : denoise,
    first,
    plan.sigmas,
    {
      noise: () => generator.randn(length),
      brownian: plan.brownian ? path(plan, seed, length) : () => generator.randn(length),
      unconditional: denoise.unconditional,
      modelSigmas: job.sigmas,
      signal: job.signal,
      ...(onStep === undefined ? {} : { onStep }),
      ...(job.eta === undefined ? {} : { eta: job.eta }),
      ...(plan.order === undefined ? {} : { order: plan.order })
    }
  )
  const scaled = plan.endScale === 1 ? last : combine([plan.endScale, last])
  return masked ? blended(scaled, mask, picture) : scaled
}

/** A Brownian path over all of a plan's noise levels; one step never asks for it, and has no length. */
function path({ sigmas }: SamplingPlan, seed: number, length: number) {
  const positive = sigmas.filter((sigma) => sigma > 0)
  let noise: ((sigma: number, next: number) => Latents) | undefined
  return (sigma: number, next: number): Latents => {
    noise ??= brownianNoise({
      seed,
      length,
      sigmaMin: Math.min(...positive),
      sigmaMax: Math.max(...positive)
    })
    return noise(sigma, next)
  }
}
