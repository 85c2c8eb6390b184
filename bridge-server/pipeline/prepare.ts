import { resizeGray, resizeRgba } from '../image/resize.ts'
import { toTensor } from '../image/tensor-pixels.ts'
import type { Size } from '../protocol/geometry.ts'
import type { Phase } from '../protocol/messages.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import { modelSigmas, zeroTerminalSnr } from '../sampling/model-sigmas.ts'
import { planSampling } from '../sampling/plan.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { encodePrompts } from './conditioning.ts'
import { guidingControls } from './control.ts'
import { depthFor } from './depth.ts'
import type { LatentsJob } from './latents.ts'
import { extraChannels } from './model-input.ts'
import { planFor } from './plan.ts'
import type { Scene } from './scene.ts'
import { sizeEmbeddingOf } from './size-embedding.ts'
import { latentMasks } from './webui-rules.ts'

/** All that the variations of a request share. */
export interface Prepared {
  readonly job: LatentsJob
  readonly workingSize: Size
  /** The depth that guides them, [1, 1, H, W]; null for models that take none. */
  readonly depth: Tensor | null
}

interface Reporting {
  readonly signal: AbortSignal
  readonly report: (phase: Phase) => void
}

/** Plans, encodes prompts and picture, and lays out what the UNet is told. */
export async function prepare(
  request: GenerateRequest,
  scene: Scene,
  model: DiffusionModel,
  { signal, report }: Reporting
): Promise<Prepared> {
  const { workingSize, startsFromPicture, sampling } = planFor(request, model.info)
  const {
    guidance,
    guidanceRescale = 0,
    noise = 'cpu',
    eta,
    variationStrength,
    seedResize
  } = request.sampling
  const sigmas = modelSigmas(noiseOf(model, request))
  const plan = planSampling(sampling, sigmas)

  report('encoding')
  const conditionings = await encodePrompts(model, request, plan.sampler, signal)
  const picture = scene.picture && resizeRgba(scene.picture, workingSize, 'lanczos')
  const mask = scene.denoise && resizeGray(scene.denoise, workingSize, 'bilinear')
  const small = mask && latentMasks(mask, model.downscale, request.webui)
  const dims = [1, 4, workingSize.height / model.downscale, workingSize.width / model.downscale]

  if (model.inputChannels === 5) report('depth')
  const depth = await depthFor(model, request.mode, scene.depth, picture)

  report('encoding')
  const channels = await extraChannels(model, {
    ...{ workingSize, picture, mask, depth },
    latentMask: small && small.channel
  })
  const latents = picture !== null && startsFromPicture ? await model.encode(toTensor(picture)) : null
  const controls = await guidingControls(model, scene.controls, workingSize)
  const job = {
    model,
    sigmas,
    plan,
    conditionings,
    extra: { channels, sizes: sizeEmbeddingOf(model, workingSize) },
    controls,
    guidance,
    guidanceRescale,
    ...(eta === undefined ? {} : { eta }),
    noise,
    ...(variationStrength === undefined ? {} : { variationStrength }),
    ...(seedResize === undefined ? {} : { resizeFrom: latentSize(seedResize, model.downscale) }),
    dims,
    picture: latents && latents.data,
    mask: small && forEachChannel(small.sampling, dims),
    differential: isDifferential(request),
    webui: request.webui,
    signal
  }
  return { job, workingSize, depth }
}

const isDifferential = ({ mask }: GenerateRequest): boolean => mask?.differential === true

const latentSize = ({ width, height }: Size, downscale: number) => ({
  height: Math.floor(height / downscale),
  width: Math.floor(width / downscale)
})

/** A mask of one channel for all of them. */
function forEachChannel({ data }: Tensor, [, c = 0]: readonly number[]): Float32Array {
  const all = new Float32Array(c * data.length)
  for (let channel = 0; channel < c; channel++) all.set(data, channel * data.length)
  return all
}

const noiseOf = ({ alphasCumprod }: DiffusionModel, { sampling }: GenerateRequest): Float64Array =>
  sampling.zeroTerminalSnr === true ? zeroTerminalSnr(alphasCumprod) : alphasCumprod
