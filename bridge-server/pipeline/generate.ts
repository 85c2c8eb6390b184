import { matchColors } from '../image/color-match.ts'
import type { Rgba } from '../image/pixels.ts'
import { resizeRgba } from '../image/resize.ts'
import { withoutSeam } from '../image/seam.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { Models } from '../runtime/model.ts'
import { depthMap, depthOf } from './depth.ts'
import { seedsOf } from './seeds.ts'
import { openForPasses } from './networks.ts'
import { seamReach } from './outpaint.ts'
import { createPass, throughPasses } from './pass.ts'
import { ofSecondPass, passesFor } from './plan.ts'
import { createPreviewPace } from './preview-pace.ts'
import { createPreviews } from './previews.ts'
import { createReporter } from './progress.ts'
import { pixelsOf } from './run.ts'
import { sceneOf, type RequestImages, type Scene } from './scene.ts'
import type { Generated, GeneratedVariation, Stage } from './stage.ts'
import { upscale } from './upscale.ts'

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
  if (request.mode === 'upscale') return upscale(request, images, models, stage)
  const { area, count, sampling } = request
  const { signal, onPreview } = stage
  const report = createReporter(stage, count)
  report('loading')
  const scene = sceneOf(request, images)
  const requests = [request, ofSecondPass(request)] as const
  const opened = await openForPasses(models, ...requests)
  const [model, second] = opened
  const plans = passesFor(request, model.info, second.info)
  const depth = await depthOf(request, scene, model, { size: plans[0].size, report })
  const passes = plans.map((pass, i) =>
    createPass(pass, { request: requests[i]!, model: opened[i]!, ...{ scene, models, depth, signal } })
  )
  const steps = passes.reduce((sum, pass) => sum + pass.steps, 0)
  const look = await createPreviews(
    opened.slice(0, passes.length),
    createPreviewPace(() => performance.now()),
    onPreview
  )

  const variations: GeneratedVariation[] = []
  for (let variation = 0; variation < count; variation++) {
    const seeds = seedsOf(sampling, variation)
    const made = await throughPasses(passes, {
      seeds,
      report: (phase, step) => report(phase, { variation, step, steps }),
      look: (each) => look(variation, area, each)
    })
    variations.push({ pixels: finished(await pixelsOf(made), scene, request), ...seeds })
  }
  return {
    area,
    variations,
    ...(scene.compositing === null ? {} : { mask: scene.compositing }),
    ...(depth === null ? {} : { depth: depthMap(depth, area) }),
    workingSize: plans.at(-1)!.size
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
