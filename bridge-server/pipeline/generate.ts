import { matchColors } from '../image/color-match.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { resizeGray, resizeRgba } from '../image/resize.ts'
import { withoutSeam } from '../image/seam.ts'
import { latentMask } from '../image/mask.ts'
import { toPixels, toTensor } from '../image/tensor-pixels.ts'
import type { Rect, Size } from '../protocol/geometry.ts'
import type { Phase } from '../protocol/messages.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { DiffusionModel, Models } from '../runtime/model.ts'
import { modelSigmas, zeroTerminalSnr } from '../sampling/model-sigmas.ts'
import { planSampling } from '../sampling/plan.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { encodePrompts } from './conditioning.ts'
import { depthFor, depthMap } from './depth.ts'
import { sampleLatents, type LatentsJob } from './latents.ts'
import { extraChannels } from './model-input.ts'
import { seamReach } from './outpaint.ts'
import { planFor } from './plan.ts'
import { previewerFor } from './preview.ts'
import { sizeEmbeddingOf } from './size-embedding.ts'
import { sceneOf, type RequestImages, type Scene } from './scene.ts'

/** Where a job stands: steps are those of all variations together. */
export interface Progress {
  readonly phase: Phase
  readonly variation: number
  readonly variations: number
  readonly step: number
  readonly steps: number
}

/** The way back from a job to whoever asked for it. */
export interface Stage {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  /** A rough look at what is being made, to be stretched over `area`. */
  readonly onPreview: (preview: {
    readonly variation: number
    readonly area: Rect
    readonly image: Rgba
  }) => void
}

export interface Generated {
  readonly area: Rect
  /** Everything the model made in the area, also outside the mask. */
  readonly variations: readonly { readonly pixels: Rgba; readonly seed: number }[]
  /** What of it is to be shown; absent: all. */
  readonly mask?: Gray
  readonly depth?: Gray
  readonly workingSize: Size
}

/**
 * A job from request to pixels: every other file of the server serves one of these lines. The same request gives the same
 * pixels. Rejects with AppError, or with the signal's reason at most one call of the UNet after it was aborted.
 */
export async function generate(
  request: GenerateRequest,
  images: RequestImages,
  models: Models,
  stage: Stage
): Promise<Generated> {
  const { area, count, sampling } = request
  const report = reporter(stage, count)
  report('loading')
  const scene = sceneOf(request, images)
  const model = await models.open(request.model)
  const { workingSize, startsFromPicture, ...plan } = planFor(request, model.info)
  const sigmas = modelSigmas(noiseOf(model, request))
  const samplingPlan = planSampling(plan.sampling, sigmas)
  report.steps(samplingPlan.sigmas.length - 1)

  report('encoding')
  const conditionings = await encodePrompts(model, request, samplingPlan.sampler, stage.signal)
  const picture = scene.picture === null ? null : resizeRgba(scene.picture, workingSize, 'lanczos')
  const mask = scene.denoise === null ? null : resizeGray(scene.denoise, workingSize, 'bilinear')

  const small = mask === null ? null : latentMask(mask, model.downscale)

  if (model.inputChannels === 5) report('depth')
  const depth = await depthFor(model, request.mode, scene.depth, picture)

  report('encoding')
  const channels = await extraChannels(model, { workingSize, picture, mask, latentMask: small, depth })
  const latents = picture !== null && startsFromPicture ? await model.encode(toTensor(picture)) : null
  const preview = await previewerFor(model)

  const dims = [1, 4, workingSize.height / model.downscale, workingSize.width / model.downscale]
  const variations: { pixels: Rgba; seed: number }[] = []
  for (let variation = 0; variation < count; variation++) {
    const job: LatentsJob = {
      model,
      sigmas,
      plan: samplingPlan,
      conditionings,
      extra: { channels, sizes: sizeEmbeddingOf(model, workingSize) },
      guidance: sampling.guidance,
      guidanceRescale: sampling.guidanceRescale ?? 0,
      ...(sampling.eta === undefined ? {} : { eta: sampling.eta }),
      noise: sampling.noise ?? 'cpu',
      dims,
      picture: latents?.data ?? null,
      mask: small === null ? null : forEachChannel(small, dims),
      signal: stage.signal,
      onStep: ({ index, denoised }) => {
        report('sampling', variation, index + 1)
        stage.onPreview({ variation, area, image: preview(denoised, dims) })
      }
    }
    report('sampling', variation, 0)
    const seed = sampling.seed + variation
    const data = await sampleLatents(job, seed)
    report('decoding', variation, samplingPlan.sigmas.length - 1)
    const decoded = toPixels(await model.decode({ data, dims }))
    variations.push({ pixels: finished(decoded, scene, request), seed })
  }
  return {
    area,
    variations,
    ...(scene.compositing === null ? {} : { mask: scene.compositing }),
    ...(depth === null ? {} : { depth: depthMap(depth, area) }),
    workingSize
  }
}

/** Back to the area's size and to the colours around it; what is outpainted also meets the old pixels without a step. */
function finished(decoded: Rgba, { original, compositing }: Scene, request: GenerateRequest): Rgba {
  const { width, height } = request.area
  const pixels = resizeRgba(decoded, { width, height }, 'lanczos')
  if (original === null || compositing === null) return pixels
  const matched = matchColors(pixels, original, compositing)
  return request.mode === 'outpaint'
    ? withoutSeam(matched, original, compositing, seamReach(request))
    : matched
}

/** A mask of one channel for all of them. */
function forEachChannel({ data }: Tensor, [, c = 0]: readonly number[]): Float32Array {
  const all = new Float32Array(c * data.length)
  for (let channel = 0; channel < c; channel++) all.set(data, channel * data.length)
  return all
}

const noiseOf = ({ alphasCumprod }: DiffusionModel, { sampling }: GenerateRequest): Float64Array =>
  sampling.zeroTerminalSnr === true ? zeroTerminalSnr(alphasCumprod) : alphasCumprod

/** Tells the stage where a job stands, and stops it between phases once it is cancelled. */
function reporter({ signal, onProgress }: Stage, variations: number) {
  let each = 0
  const report = (phase: Phase, variation = 0, step = 0): void => {
    signal.throwIfAborted()
    // Adaptive samplers make as many steps as they need.
    const done = variation * each + Math.min(step, each)
    onProgress({ phase, variation, variations, step: done, steps: variations * each })
  }
  return Object.assign(report, {
    steps: (count: number) => {
      each = count
    }
  })
}
