import { matchColors } from '../image/color-match.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { resizeRgba } from '../image/resize.ts'
import { withoutSeam } from '../image/seam.ts'
import { toPixels } from '../image/tensor-pixels.ts'
import type { Rect, Size } from '../protocol/geometry.ts'
import type { Phase } from '../protocol/messages.ts'
import type { GenerateRequest, Sampling } from '../protocol/request.ts'
import type { Models } from '../runtime/model.ts'
import { depthMap } from './depth.ts'
import { sampleLatents, type PictureSeeds } from './latents.ts'
import { openWithNetworks } from './networks.ts'
import { seamReach } from './outpaint.ts'
import { prepare } from './prepare.ts'
import { previewerFor } from './preview.ts'
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

interface GeneratedVariation extends PictureSeeds {
  readonly pixels: Rgba
}

export interface Generated {
  readonly area: Rect
  /** Everything the model made in the area, also outside the mask. */
  readonly variations: readonly GeneratedVariation[]
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
  const model = await openWithNetworks(models, request)
  const { job, workingSize, depth } = await prepare(request, scene, model, { ...stage, report })
  const preview = await previewerFor(model)

  const steps = job.plan.sigmas.length - 1
  const variations: GeneratedVariation[] = []
  for (let variation = 0; variation < count; variation++) {
    const at = { variation, steps }
    const seeds = seedsOf(sampling, variation)
    report('sampling', { ...at, step: 0 })
    const data = await sampleLatents(job, seeds, ({ index, denoised }) => {
      report('sampling', { ...at, step: index + 1 })
      stage.onPreview({ variation, area, image: preview(denoised, job.dims) })
    })
    report('decoding', { ...at, step: steps })
    const decoded = toPixels(await model.decode({ data, dims: job.dims }))
    variations.push({ pixels: finished(decoded, scene, request), ...seeds })
  }
  return {
    area,
    variations,
    ...(scene.compositing === null ? {} : { mask: scene.compositing }),
    ...(depth === null ? {} : { depth: depthMap(depth, area) }),
    workingSize
  }
}

/** Seeds count up from the request's; with a variation strength the variation seeds do, as in the web UI. */
function seedsOf(
  { seed, variationSeed = seed, variationStrength = 0 }: Sampling,
  variation: number
): PictureSeeds {
  if (variationStrength === 0) return { seed: seed + variation }
  return { seed, variationSeed: variationSeed + variation }
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

interface Place {
  readonly variation: number
  /** Steps done of this variation, and those that each has. */
  readonly step: number
  readonly steps: number
}

/** Tells the stage where a job stands, and stops it between phases once it is cancelled. */
const reporter =
  ({ signal, onProgress }: Stage, variations: number) =>
  (phase: Phase, { variation, step, steps }: Place = { variation: 0, step: 0, steps: 0 }): void => {
    signal.throwIfAborted()
    // Adaptive samplers make as many steps as they need.
    const done = variation * steps + Math.min(step, steps)
    onProgress({ phase, variation, variations, step: done, steps: variations * steps })
  }
