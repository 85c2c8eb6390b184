import { assert } from '../errors.ts'
import { cropRgba } from '../image/crop.ts'
import { padded } from '../image/pad.ts'
import type { Rgba } from '../image/pixels.ts'
import type { Size } from '../protocol/geometry.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { Creative } from '../protocol/upscale.ts'
import { upscaledSize } from '../protocol/upscalers.ts'
import type { Models } from '../runtime/model.ts'
import { depthOf } from './depth.ts'
import { enlarged, withAlpha } from './enlarge.ts'
import { openWithNetworks } from './networks.ts'
import { createPass } from './pass.ts'
import { creativePass } from './plan.ts'
import { createPreviewPace } from './preview-pace.ts'
import { createPreviews } from './previews.ts'
import { createReporter } from './progress.ts'
import { pixelsOf } from './run.ts'
import { sceneOf, type RequestImages, type Scene } from './scene.ts'
import { seedsOf } from './seeds.ts'
import type { Generated, GeneratedVariation, Stage } from './stage.ts'

/** The area made larger, and refined tile by tile where that is asked for. Opacity is kept. Rejects as `generate` does. */
export async function upscale(
  request: GenerateRequest,
  images: RequestImages,
  models: Models,
  stage: Stage
): Promise<Generated> {
  const { area, upscale: wanted } = request
  assert(wanted !== undefined, 'an upscale without its settings')
  const report = createReporter(stage, 1)
  report('loading')
  const scene = sceneOf(request, images)
  const { original, picture } = scene
  assert(original !== null && picture !== null, 'an upscale without a snapshot')
  const size = upscaledSize(area, wanted)
  const opaque = await enlarged(picture, size, wanted.upscaler, {
    ...{ models, signal: stage.signal },
    onTile: (step, steps) =>
      wanted.creative === undefined ? report('upscaling', { variation: 0, step, steps }) : report('upscaling')
  })
  const variations =
    wanted.creative === undefined
      ? [{ pixels: opaque, seed: request.sampling.seed }]
      : await refined(opaque, scene, { request, models, stage, creative: wanted.creative })
  return {
    area,
    scale: wanted.factor,
    variations: variations.map((each) => ({ ...each, pixels: withAlpha(each.pixels, original) })),
    workingSize: size
  }
}

interface Refining {
  readonly request: GenerateRequest
  readonly creative: Creative
  readonly models: Models
  readonly stage: Stage
}

/** Each variation refined from the enlarged picture, which is also the map of the ControlNet. */
async function refined(
  picture: Rgba,
  { depth: given }: Scene,
  { request, creative, models, stage }: Refining
): Promise<readonly GeneratedVariation[]> {
  const { area, count, sampling } = request
  const { signal, onPreview } = stage
  const { control, strength } = creative
  const report = createReporter(stage, count)
  const model = await openWithNetworks(models, request, control === undefined ? [] : [control])
  const plan = creativePass(request, model.info, picture, creative)
  const whole = padded(picture, plan.size)
  const scene: Scene = {
    ...{ original: whole, picture: whole, denoise: null, compositing: null, depth: given },
    controls: control === undefined ? [] : [{ control: asTrained, map: whole, mask: null }]
  }
  const depth = await depthOf(request, scene, model, {
    size: area,
    report
  })
  const pass = createPass(plan, { request: { ...request, strength }, scene, model, models, depth, signal })
  const pace = createPreviewPace(() => performance.now())
  const look = await createPreviews([model], pace, onPreview)
  const variations: GeneratedVariation[] = []
  for (let variation = 0; variation < count; variation++) {
    const seeds = seedsOf(sampling, variation)
    const made = await pass.run({
      ...{ seeds, before: null },
      report: (phase, step) => report(phase, { variation, step, steps: pass.steps }),
      look: (each) => look(variation, area, each)
    })
    variations.push({ pixels: cropped(await pixelsOf(made), picture), ...seeds })
  }
  return variations
}

const asTrained = { weight: 1, start: 0, end: 1, mode: 'balanced', kind: 'tile' } as const

const cropped = (picture: Rgba, { width, height }: Size): Rgba =>
  cropRgba(picture, { x: 0, y: 0, width, height })
