import { readFileSync } from 'node:fs'
import path from 'node:path'
import { decodePicture } from '../../../bridge-server/image/codec.ts'
import type { Gray, Rgba } from '../../../bridge-server/image/pixels.ts'
import { resizeGray } from '../../../bridge-server/image/resize.ts'
import { grayToTensor, toPixels, toTensor } from '../../../bridge-server/image/tensor-pixels.ts'
import { encodePrompts } from '../../../bridge-server/pipeline/conditioning.ts'
import { guidingControls } from '../../../bridge-server/pipeline/control.ts'
import { sampleLatents } from '../../../bridge-server/pipeline/latents.ts'
import { extraChannels } from '../../../bridge-server/pipeline/model-input.ts'
import { promptNetworks } from '../../../bridge-server/pipeline/networks.ts'
import { sizeEmbeddingOf } from '../../../bridge-server/pipeline/size-embedding.ts'
import type { DiffusionModel } from '../../../bridge-server/runtime/model.ts'
import { planAsDiffusers } from '../../../bridge-server/sampling/diffusers.ts'
import { modelSigmas, type ModelSigmas } from '../../../bridge-server/sampling/model-sigmas.ts'
import { planSampling, type SamplingPlan } from '../../../bridge-server/sampling/plan.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { samplers } from '../../../bridge-server/sampling/registry.ts'
import { schedules } from '../../../bridge-server/sampling/schedules.ts'

/** A request in the words of the web UI's API, as far as the recorded pictures use them. */
export interface WebuiRequest {
  readonly prompt: string
  readonly negative_prompt: string
  readonly seed: number
  readonly steps: number
  readonly sampler_name: string
  readonly scheduler: string
  readonly cfg_scale: number
  readonly width: number
  readonly height: number
  readonly batch_size: number
  readonly model: string
  readonly reference: 'k-diffusion' | 'diffusers'
  readonly init_images?: readonly string[]
  readonly denoising_strength?: number
  readonly mask?: string
  readonly mask_round?: boolean
  readonly depth?: string
  readonly alwayson_scripts?: {
    readonly controlnet: {
      readonly args: readonly {
        readonly image: string
        readonly model: string
        readonly weight: number
        readonly guidance_start: number
        readonly guidance_end: number
      }[]
    }
  }
  readonly scheduler_config?: { readonly _class_name?: string }
  readonly tolerance: { readonly max_level: number; readonly share: number; readonly mean: number }
}

const idOf = (label: string, all: readonly { readonly id: string; readonly label: string }[]): string => {
  const found = all.find((entry) => entry.label === label)
  if (found === undefined) throw new Error(`nothing is called ${label}`)
  return found.id
}

function planOf(request: WebuiRequest, sigmas: ModelSigmas): SamplingPlan {
  if (request.reference === 'diffusers')
    return planAsDiffusers(
      { ...request.scheduler_config, _class_name: request.scheduler },
      request.steps,
      sigmas
    )
  return planSampling(
    {
      sampler: idOf(request.sampler_name, samplers),
      schedule: idOf(request.scheduler, schedules),
      steps: request.steps,
      ...(request.denoising_strength === undefined ? {} : { strength: request.denoising_strength })
    },
    sigmas
  )
}

/** The pictures of a recorded request, made by the product's own parts with the web UI's masks. */
export async function pictures(
  folder: string,
  request: WebuiRequest,
  plain: DiffusionModel
): Promise<readonly Rgba[]> {
  const { width, height, batch_size: count } = request
  const workingSize = { width, height }
  const dims = [1, 4, height / 8, width / 8]
  const units = request.alwayson_scripts?.controlnet.args ?? []
  const model = await plain.with({
    ...promptNetworks(request.prompt),
    controlNets: units.map((unit) => unit.model)
  })
  const sigmas = modelSigmas(model.alphasCumprod)
  const plan = planOf(request, sigmas)
  const { signal } = new AbortController()
  const sampling = {
    sampler: plan.sampler.id,
    schedule: '',
    steps: request.steps,
    guidance: request.cfg_scale,
    seed: request.seed
  }
  const prompts = { prompt: request.prompt, negativePrompt: request.negative_prompt, sampling }
  const read = (name: string): Promise<Rgba> => decodePicture(readFileSync(path.join(folder, name)))
  const picture = request.init_images === undefined ? null : await read('init.png')
  const mask = request.mask === undefined ? null : grayOf(await read('mask.png'))
  const depth = request.depth === undefined ? null : grayToTensor(grayOf(await read('depth.png')))
  const controls = await Promise.all(
    units.map(async ({ image, weight, guidance_start: start, guidance_end: end }) => ({
      control: { weight, start, end, mode: 'balanced' as const },
      map: await read(image),
      mask: null
    }))
  )
  const job = {
    model,
    sigmas,
    plan,
    conditionings: await encodePrompts(model, prompts, plan.sampler, { signal }),
    extra: {
      channels: await extraChannels(model, {
        workingSize,
        picture,
        mask,
        latentMask: mask && nearest(mask),
        depth
      }),
      sizes: sizeEmbeddingOf(model, workingSize)
    },
    controls: await guidingControls(model, controls, workingSize),
    guidance: request.cfg_scale,
    guidanceRescale: 0,
    noise: 'cpu' as const,
    dims,
    picture: picture === null ? null : (await model.encode(toTensor(picture))).data,
    mask: mask === null ? null : webuiMask(mask, request),
    differential: false,
    signal
  }
  const made: Rgba[] = []
  for (let i = 0; i < count; i++) {
    const data = await sampleLatents(job, { seed: request.seed + i })
    made.push(toPixels(await model.decode({ data, dims })))
  }
  return made
}

const grayOf = ({ width, height, data }: Rgba): Gray => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => data[4 * i]!)
})

/** The web UI's latent mask: Pillow's bicubic, rounded where asked for, for each of four channels. */
function webuiMask(mask: Gray, { width, height, mask_round: round }: WebuiRequest): Float32Array {
  const { data } = resizeGray(mask, { width: width / 8, height: height / 8 }, 'bicubic')
  const one = Float32Array.from(data, (value) => (round === true ? Math.round(value / 255) : value / 255))
  return Float32Array.from({ length: 4 * one.length }, (_, i) => one[i % one.length]!)
}

/** The web UI's mask channel of inpainting models: rounded, then the first pixel of every square. */
const nearest = ({ width, height, data }: Gray): Tensor => ({
  data: Float32Array.from({ length: (width * height) / 64 }, (_, i) => {
    const [x, y] = [i % (width / 8), Math.floor(i / (width / 8))]
    return Math.round(data[8 * (y * width + x)]! / 255)
  }),
  dims: [1, 1, height / 8, width / 8]
})
