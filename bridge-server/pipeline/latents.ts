import type { DiffusionModel } from '../runtime/model.ts'
import type { NoiseSource, WebuiRules } from '../protocol/request.ts'
import { brownianNoise } from '../sampling/brownian.ts'
import { firstNoise } from '../sampling/first-noise.ts'
import { everFree, freeingInTurn } from '../sampling/differential.ts'
import { blended, guided, keepingKnown } from '../sampling/guidance.ts'
import type { ModelSigmas } from '../sampling/model-sigmas.ts'
import type { SamplingPlan } from '../sampling/plan.ts'
import type { Denoise, Latents, SamplerStep } from '../sampling/sampler.ts'
import { combine } from '../sampling/steps.ts'
import { createPhiloxGenerator } from '../tensor/philox.ts'
import type { NoiseGenerator } from '../tensor/noise.ts'
import { elements } from '../tensor/tensor.ts'
import { createTorchGenerator } from '../tensor/torch-random.ts'
import { classifierFreeScale, type Conditionings } from './conditioning.ts'
import type { GuidingControl } from './control.ts'
import type { ExtraChannels } from './model-input.ts'
import { predictor } from './predict.ts'
import { samplerRules, startingLatents } from './webui-rules.ts'

/** In latents. */
interface PartOfLatents {
  readonly of: { readonly height: number; readonly width: number }
  readonly left: number
  readonly top: number
}

/** All that decides one picture's latents, but its seed. */
export interface LatentsJob {
  readonly model: DiffusionModel
  readonly sigmas: ModelSigmas
  readonly plan: SamplingPlan
  readonly conditionings: Conditionings
  readonly extra: ExtraChannels
  readonly controls: readonly GuidingControl[]
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
  /** Whether `mask` says when a latent may change rather than how much. */
  readonly differential: boolean
  /** How far the first noise goes from the seed's to the variation seed's, 0…1. */
  readonly variationStrength?: number
  /** The size in latents of another picture of the same seeds, whose noise is put in the middle. */
  readonly resizeFrom?: { readonly height: number; readonly width: number }
  /** Where these latents lie in a larger picture's, whose first noise they share; absent: they are all of it. */
  readonly part?: PartOfLatents
  readonly webui?: WebuiRules | undefined
  readonly signal: AbortSignal
}

/** What one picture's noise is drawn from. */
export interface PictureSeeds {
  readonly seed: number
  /** Where the first noise goes, by the job's variation strength. */
  readonly variationSeed?: number
}

/** Samples one picture's latents. The same job and seed give the same bits. */
export async function sampleLatents(
  job: LatentsJob,
  seeds: PictureSeeds,
  onStep?: (step: SamplerStep) => void
): Promise<Latents> {
  const { plan } = job
  const webui: Partial<WebuiRules> = job.webui ?? {}
  const length = elements(job.dims)
  const { noise, generator } = noiseOf(job, seeds)
  const picture = startingLatents(job.picture, job.mask, webui.latentFill, () =>
    generators[job.noise](seeds.seed).randn(length)
  )
  const first =
    picture === null
      ? combine([plan.startScale, noise])
      : combine([plan.startScale * (webui.noiseMultiplier ?? 1), noise], [1, picture])
  const denoise = guided(
    predictor({ ...job, ...pace(plan), quantize: plan.quantize }),
    classifierFreeScale(job.model, job.guidance),
    { rescale: job.guidanceRescale }
  )
  const kept = keeping({ ...job, picture })
  const last = await plan.sampler.run(kept === null ? denoise : kept.during(denoise), first, plan.sigmas, {
    noise: () => generator.randn(length),
    brownian: plan.brownian ? path(job, seeds.seed) : () => generator.randn(length),
    unconditional: denoise.unconditional,
    modelSigmas: job.sigmas,
    signal: job.signal,
    ...(onStep === undefined ? {} : { onStep }),
    ...(job.eta === undefined ? {} : { eta: job.eta }),
    ...samplerRules(webui),
    ...(plan.order === undefined ? {} : { order: plan.order })
  })
  const scaled = plan.endScale === 1 ? last : combine([plan.endScale, last])
  return kept === null ? scaled : kept.after(scaled)
}

/** What holds the known part of the picture, in every step and at the end; null where all is new. */
function keeping({ picture, mask, differential, plan: { sigmas } }: LatentsJob) {
  if (picture === null || mask === null) return null
  return differential
    ? {
        during: (denoise: Denoise) => freeingInTurn(denoise, mask, picture, sigmas),
        after: (last: Latents) => blended(last, everFree(mask), picture)
      }
    : {
        during: (denoise: Denoise) => keepingKnown(denoise, mask, picture),
        after: (last: Latents) => blended(last, mask, picture)
      }
}

/** How calls of the denoiser are steps. */
const pace = ({ sampler, sigmas }: SamplingPlan) => ({
  callsPerStep: sampler.callsPerStep,
  steps: sigmas.length - 1
})

/** The first noise, and the generator of all that follows. */
function noiseOf(job: LatentsJob, { seed, variationSeed }: PictureSeeds) {
  const [, channels = 0, height = 0, width = 0] = job.dims
  const first = firstNoise({
    seed,
    shape: { channels, ...(job.part?.of ?? { height, width }) },
    generator: generators[job.noise],
    ...(variationSeed === undefined
      ? {}
      : { variation: { seed: variationSeed, strength: job.variationStrength ?? 0 } }),
    ...(job.resizeFrom === undefined ? {} : { resizeFrom: job.resizeFrom })
  })
  const delta = job.webui?.noiseSeedDelta ?? 0
  return {
    noise: job.part === undefined ? first.noise : partOf(first.noise, job.dims, job.part),
    generator: delta === 0 ? first.generator : generators[job.noise](seed + delta)
  }
}

function partOf(noise: Latents, dims: readonly number[], { of, left, top }: PartOfLatents): Latents {
  const [, channels = 0, height = 0, width = 0] = dims
  const part = new Float32Array(channels * height * width)
  for (let row = 0; row < channels * height; row++) {
    const [channel, y] = [Math.floor(row / height), row % height]
    const from = (channel * of.height + top + y) * of.width + left
    part.set(noise.subarray(from, from + width), row * width)
  }
  return part
}

const generators: Readonly<Record<NoiseSource, (seed: number | bigint) => NoiseGenerator>> = {
  cpu: createTorchGenerator,
  gpu: createPhiloxGenerator
}

/** A Brownian path over all of a plan's noise levels; one step never asks for it, and has no length. */
function path({ plan, dims, noise: source }: LatentsJob, seed: number) {
  const positive = plan.sigmas.filter((sigma) => sigma > 0)
  let noise: ((sigma: number, next: number) => Latents) | undefined
  return (sigma: number, next: number): Latents => {
    noise ??= brownianNoise({
      seed,
      length: elements(dims),
      sigmaMin: Math.min(...positive),
      sigmaMax: Math.max(...positive),
      generator: generators[source]
    })
    return noise(sigma, next)
  }
}
