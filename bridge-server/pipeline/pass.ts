import { assert } from '../errors.ts'
import { createMosaic, fadesOf } from '../image/mosaic.ts'
import type { Rgba } from '../image/pixels.ts'
import { toPixels } from '../image/tensor-pixels.ts'
import type { Rect } from '../protocol/geometry.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import { modelSigmas, zeroTerminalSnr } from '../sampling/model-sigmas.ts'
import { planSampling } from '../sampling/plan.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { encodePrompts, type Conditionings } from './conditioning.ts'
import { estimatedDepth } from './depth.ts'
import { sampleLatents, type LatentsJob } from './latents.ts'
import type { Pass } from './plan.ts'
import { prepare, type Workplace } from './prepare.ts'
import type { Made, PassGiven, Run } from './run.ts'
import { startingPicture, startOf } from './starting.ts'
import { sceneAtSize, tileOf } from './tile-scene.ts'

/** A pass that is ready to be made, for each variation anew. */
export interface RunningPass {
  /** Steps of one variation. */
  readonly steps: number
  run(run: Run): Promise<Made>
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
            ...{ ...start, tile: only, depth: depth ?? (await depthBefore(pass, model, start.picture)) }
          }
        }
        return { model, latents: await sampled(only, whole, run, { tiles: 0, picture: null }) }
      }
      const picture = await startingPicture(pass, given, run)
      const whole = sceneAtSize(scene, picture, pass.size)
      const seen = depth ?? (await depthBefore(pass, model, picture))
      const mosaic = createMosaic(pass.size)
      mosaic.lay(picture, { x: 0, y: 0, ...pass.size }, { left: 0, top: 0 })
      const fades = fadesOf(pass.tiles)
      for (const [i, tile] of pass.tiles.entries()) {
        const done = { tiles: i, picture: mosaic.picture }
        const here = { ...tileOf(whole, tile), tile, depth: seen }
        const latents = await sampled(tile, () => Promise.resolve(here), run, done)
        mosaic.lay(toPixels(await model.decode(latents)), tile, fades[i]!)
      }
      return { pixels: mosaic.picture }
    }
  }
}

/** A second pass from a picture is guided by that picture's depth where nothing else says what it is. */
const depthBefore = (pass: Pass, model: DiffusionModel, picture: Rgba | null): Promise<Tensor | null> =>
  typeof pass.from === 'object' && picture !== null
    ? estimatedDepth(model, picture, pass.size)
    : Promise.resolve(null)

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
