import { AppError, assert } from '../errors.ts'
import { composite } from '../image/composite.ts'
import { createMosaic, fadesOf } from '../image/mosaic.ts'
import type { Rgba } from '../image/pixels.ts'
import { resizeGray, resizeRgba } from '../image/resize.ts'
import { toPixels, toTensor } from '../image/tensor-pixels.ts'
import type { ModelInfo } from '../protocol/catalogue.ts'
import type { Phase } from '../protocol/messages.ts'
import type { Rect, Size } from '../protocol/geometry.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { DiffusionModel, Models } from '../runtime/model.ts'
import { modelSigmas, zeroTerminalSnr } from '../sampling/model-sigmas.ts'
import { planSampling } from '../sampling/plan.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { encodePrompts, type Conditionings } from './conditioning.ts'
import { enlarged } from './enlarge.ts'
import { isLatentUpscaler, upscaledLatents } from './latent-upscale.ts'
import { sampleLatents, type LatentsJob, type PictureSeeds } from './latents.ts'
import { familyOf, type Pass } from './plan.ts'
import { prepare, type Workplace } from './prepare.ts'
import type { Look } from './previews.ts'
import type { Scene } from './scene.ts'
import { sceneAtSize, tileOf } from './tile-scene.ts'

/** What a pass leaves: latents of its model, or pixels where it was made of tiles or nothing was sampled. */
export type Made = { readonly latents: Tensor; readonly model: DiffusionModel } | { readonly pixels: Rgba }

/** One variation's way through a pass. */
export interface Run {
  readonly seeds: PictureSeeds
  /** What the pass before made; null for the first. */
  readonly before: Made | null
  /** Throws once the job is cancelled. `step`: steps of this pass that are done. */
  readonly report: (phase: Phase, step: number) => void
  /** Told of every step. */
  readonly look: (look: Look) => Promise<void>
}

/** A pass that is ready to be made, for each variation anew. */
export interface RunningPass {
  /** Steps of one variation. */
  readonly steps: number
  run(run: Run): Promise<Made>
}

export interface PassGiven {
  readonly request: GenerateRequest
  readonly scene: Scene
  readonly model: DiffusionModel
  readonly models: Models
  /** The depth that guides, [1, 1, H, W]; null for models that take none. */
  readonly depth: Tensor | null
  readonly signal: AbortSignal
}

/** What there is of a picture that is made of tiles. */
interface TilesDone {
  readonly tiles: number
  readonly picture: Rgba | null
}

export function createPass(pass: Pass, given: PassGiven): RunningPass {
  const { request, scene, model, signal } = given
  if (pass.sampling === null) return { steps: 0, run: (run) => unsampled(pass, given, run) }
  const sigmas = modelSigmas(noiseLevels(model, request))
  const plan = planSampling(pass.sampling, sigmas)
  const stepsOfTile = plan.sigmas.length - 1
  const { steps } = pass.sampling
  const sampling = { ...request.sampling, steps, guidance: pass.guidance }
  let conditionings: Promise<Conditionings> | null = null
  /** What no variation changes is laid out once. */
  let shared: Promise<LatentsJob> | null = null

  const layOut = async (workplace: Workplace): Promise<LatentsJob> => {
    conditionings ??= encodePrompts(model, { ...request, sampling }, plan.sampler, {
      signal,
      stepsBefore: pass.stepsBefore
    })
    return prepare(
      { ...{ request, model, pass, sigmas, plan, signal }, conditionings: await conditionings },
      workplace
    )
  }
  const jobAt = (workplace: () => Promise<Workplace>): Promise<LatentsJob> =>
    pass.tiles.length > 1 || typeof pass.from === 'object'
      ? workplace().then(layOut)
      : (shared ??= workplace().then(layOut))

  const sampled = async (
    tile: Rect,
    workplace: () => Promise<Workplace>,
    run: Run,
    done: TilesDone
  ): Promise<Tensor> => {
    const before = done.tiles * stepsOfTile
    run.report('encoding', before)
    const job = await jobAt(workplace)
    const looks: Promise<void>[] = []
    run.report('sampling', before)
    const data = await sampleLatents(job, run.seeds, ({ index, denoised }) => {
      const step = before + Math.min(index + 1, stepsOfTile)
      run.report('sampling', step)
      const isLast = step === pass.tiles.length * stepsOfTile
      const shown = run.look({ model, denoised, tile, isLast, dims: job.dims, picture: done.picture })
      // It fails the job below, and not the process before.
      shown.catch(() => undefined)
      looks.push(shown)
    })
    await Promise.all(looks)
    run.report('decoding', before + stepsOfTile)
    return { data, dims: job.dims }
  }

  return {
    steps: pass.tiles.length * stepsOfTile,
    async run(run) {
      const [only, ...others] = pass.tiles
      const { depth } = given
      if (only !== undefined && others.length === 0) {
        const whole = async (): Promise<Workplace> => {
          const start = await startOf(pass, given, run)
          return {
            ...tileOf(sceneAtSize(scene, start.picture, pass.size), only),
            ...{ ...start, tile: only, depth }
          }
        }
        return { model, latents: await sampled(only, whole, run, { tiles: 0, picture: null }) }
      }
      const picture = await startingPicture(pass, given, run)
      const whole = sceneAtSize(scene, picture, pass.size)
      const mosaic = createMosaic(pass.size)
      mosaic.lay(picture, { x: 0, y: 0, ...pass.size }, { left: 0, top: 0 })
      const fades = fadesOf(pass.tiles)
      for (const [i, tile] of pass.tiles.entries()) {
        const done = { tiles: i, picture: mosaic.picture }
        const here = { ...tileOf(whole, tile), tile, depth }
        const latents = await sampled(tile, () => Promise.resolve(here), run, done)
        mosaic.lay(toPixels(await model.decode(latents)), tile, fades[i]!)
      }
      return { pixels: mosaic.picture }
    }
  }
}

/** All passes of one variation, each on what the one before made. */
export async function throughPasses(
  passes: readonly RunningPass[],
  { report, look, seeds }: Omit<Run, 'before'>
): Promise<Made> {
  let made: Made | null = null
  let done = 0
  for (const pass of passes) {
    const before = done
    made = await pass.run({
      seeds,
      before: made,
      report: (phase, step) => report(phase, before + step),
      look: (each) => look({ ...each, isLast: each.isLast && pass === passes.at(-1) })
    })
    done += pass.steps
  }
  assert(made !== null, 'a picture without a pass')
  return made
}

async function unsampled(pass: Pass, given: PassGiven, run: Run): Promise<Made> {
  const { picture, latents } = await startOf(pass, given, run)
  if (latents !== undefined) return { latents, model: given.model }
  assert(picture !== null, 'a pass without steps has no picture')
  return { pixels: picture }
}

const noiseLevels = ({ alphasCumprod }: DiffusionModel, { sampling }: GenerateRequest): Float64Array =>
  sampling.zeroTerminalSnr === true ? zeroTerminalSnr(alphasCumprod) : alphasCumprod

/** What was made as pixels. */
export const pixelsOf = async (made: Made): Promise<Rgba> =>
  'pixels' in made ? made.pixels : toPixels(await made.model.decode(made.latents))

/** The picture that a pass starts with, at its size, or latents instead. */
async function startOf(
  pass: Pass,
  given: PassGiven,
  run: Run
): Promise<{ readonly picture: Rgba | null; readonly latents?: Tensor }> {
  const { scene, model } = given
  const snapshot = scene.picture && resizeRgba(scene.picture, pass.size, 'lanczos')
  if (typeof pass.from !== 'object') {
    if (given.request.webui?.latentResize !== true || scene.picture === null) return { picture: snapshot }
    const encoded = await model.encode(toTensor(scene.picture))
    return { picture: snapshot, latents: upscaledLatents(encoded, latentSize(pass, model), 'latent') }
  }
  if (!isLatentUpscaler(pass.from.upscaler)) return { picture: await startingPicture(pass, given, run) }
  if (run.before === null || !('latents' in run.before))
    throw new AppError('bad-message', {
      message: `The upscaler “${pass.from.upscaler}” needs the latents of a first pass, which is done in tiles at this size.`,
      hint: 'Choose another upscaler, or a working size.'
    })
  refuseOtherLatents(pass.from.upscaler, run.before.model.info, model.info)
  return {
    picture: snapshot,
    latents: upscaledLatents(run.before.latents, latentSize(pass, model), pass.from.upscaler)
  }
}

const latentSize = ({ size: { width, height } }: Pass, { downscale }: DiffusionModel): Size => ({
  width: width / downscale,
  height: height / downscale
})

/** Models of unlike families have unlike latents. */
function refuseOtherLatents(upscaler: string, first: ModelInfo, second: ModelInfo): void {
  if (familyOf(first) === familyOf(second)) return
  throw new AppError('model-cannot', {
    message: `The upscaler “${upscaler}” hands on the latents of “${first.name}” (${first.family}), which “${second.name}” (${second.family}) cannot read.`,
    hint: 'Choose an upscaler that works on pictures, such as Lanczos.'
  })
}

/** The snapshot or what the pass before made, at this one's size; around what may change stands the snapshot. */
async function startingPicture(pass: Pass, given: PassGiven, run: Run): Promise<Rgba> {
  const { scene, models, signal } = given
  const snapshot = scene.picture && resizeRgba(scene.picture, pass.size, 'lanczos')
  if (typeof pass.from !== 'object' || run.before === null) {
    assert(snapshot !== null, 'a pass that starts from a picture has none')
    return snapshot
  }
  const before = await pixelsOf(run.before)
  run.report('upscaling', 0)
  const larger = await enlarged(before, pass.size, pass.from.upscaler, {
    ...{ models, signal },
    onTile: () => run.report('upscaling', 0)
  })
  if (snapshot === null || scene.denoise === null) return larger
  return composite(snapshot, larger, resizeGray(scene.denoise, pass.size, 'bilinear'))
}
