import type { ModelInfo } from '../protocol/catalogue.ts'
import type { Size } from '../protocol/geometry.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { Creative } from '../protocol/upscale.ts'
import type { PlanSettings } from '../sampling/plan.ts'
import { inOne, tilesFor, type Tiling } from './tile-layout.ts'
import { limitsOf, workingSizes, type SizeLimits } from './working-size.ts'

/** The pass before, made larger. */
interface From {
  readonly upscaler: string
  /** The size to which it is made larger, whose middle the pass works on; undefined: the pass's own. */
  readonly cover: Size | undefined
}

/** One way through a sampler's steps. */
export interface Pass extends Tiling {
  /** Null where nothing is sampled. */
  readonly sampling: PlanSettings | null
  readonly guidance: number
  /** What the first latents hold beside noise: nothing, the snapshot, or the pass before. */
  readonly from: 'noise' | 'snapshot' | From
  /** Of the pass before; prompts that change while it runs go on counting. */
  readonly stepsBefore?: number
}

/** Latents are made for a person's own size too, if it is a multiple of this many pixels. */
const MULTIPLE = 8
/** Where less may change, a first pass at a smaller size would only lose what is there. */
const LEAST_FOR_TWO = 0.7
const SECOND_STRENGTH = 0.4
/** A model makes pictures of so many times its most pixels at once where it has something to hold on to. */
const MOST_AT_ONCE = 2.25

/** What the second pass is asked for: the request, with the prompts and the model that `hires` has of its own. */
export const ofSecondPass = ({ hires = {}, ...request }: GenerateRequest): GenerateRequest => ({
  ...{ ...request, hires },
  prompt: hires.prompt ?? request.prompt,
  negativePrompt: hires.negativePrompt ?? request.negativePrompt,
  model: hires.model ?? request.model
})

/** How a request is carried out: one pass, or two. Follows from the request and the models of both passes alone. */
export function passesFor(
  request: GenerateRequest,
  info: ModelInfo,
  second = info
): readonly [first: Pass, ...others: Pass[]] {
  const { mode, area, strength, workingSize, sampling, seamless = false } = request
  const startsFromPicture = mode !== 'txt2img' && !(mode === 'depth2img' && strength === 1)
  const limits = limitsOf(info)
  const downscale = !startsFromPicture || strength >= LEAST_FOR_TWO
  const { initial, desired } = workingSizes({ width: area.width, height: area.height }, limits, { downscale })
  const first: Pass = {
    ...(workingSize === null
      ? tilingOf(initial, { limits, info, seamless, strength })
      : inOne(roundedUp(workingSize, 1))),
    sampling: {
      sampler: sampling.sampler,
      schedule: sampling.schedule,
      steps: sampling.steps,
      family: familyOf(info),
      ...(startsFromPicture ? { strength } : {})
    },
    guidance: sampling.guidance,
    from: startsFromPicture ? 'snapshot' : 'noise'
  }
  const planned = workingSize === null ? desired : first.size
  return [first, ...secondPass(request, first, planned, { limits: limitsOf(second), info: second, seamless })]
}

/** The refinement of an upscaled picture, from which it starts; its size is the picture's, rounded up. */
export function creativePass(
  { sampling }: GenerateRequest,
  info: ModelInfo,
  picture: Size,
  { strength, overlap }: Creative
): Pass {
  const { sampler, schedule, steps, guidance } = sampling
  return {
    ...tilesFor(roundedUp(picture, 1, TILE_MULTIPLE), info, strength, overlap),
    sampling: strength === 0 ? null : { sampler, schedule, steps, family: familyOf(info), strength },
    guidance,
    from: 'snapshot'
  }
}

/** Sides of a picture that is made of tiles. */
const TILE_MULTIPLE = 16

interface Model {
  readonly limits: SizeLimits
  readonly info: ModelInfo
  /** Tiles meet each other and not the other side of the picture. */
  readonly seamless: boolean
}

/** What `hires` asks for; where it leaves the size open, one at the planned size where that is another. */
function secondPass(
  { hires = {}, sampling }: GenerateRequest,
  first: Pass,
  planned: Size,
  model: Model
): Pass[] {
  const { size: wanted, cover, strength = SECOND_STRENGTH, upscaler = 'lanczos' } = hires
  if (wanted === undefined && planned.width === first.size.width && planned.height === first.size.height)
    return []
  const tiling =
    wanted === undefined
      ? tilingOf(planned, { ...model, strength })
      : inOne(typeof wanted === 'number' ? roundedUp(first.size, wanted) : roundedUp(wanted, 1))
  const steps = hires.steps ?? Math.max(1, Math.round(strength * sampling.steps))
  const settings = {
    sampler: hires.sampler ?? sampling.sampler,
    schedule: hires.schedule ?? sampling.schedule,
    family: familyOf(model.info),
    ...{ steps, strength, makesAll: true }
  }
  return [
    {
      ...tiling,
      sampling: strength === 0 ? null : settings,
      guidance: hires.guidance ?? sampling.guidance,
      from: { upscaler, cover },
      stepsBefore: sampling.steps
    }
  ]
}

const tilingOf = (
  size: Size,
  { limits, info, seamless, strength }: Model & { readonly strength: number }
): Tiling =>
  !seamless && size.width * size.height > MOST_AT_ONCE * limits.maxPixels
    ? tilesFor(size, info, strength)
    : inOne(size)

/** Whose latents and noise levels they are. */
export const familyOf = ({ family }: ModelInfo): 'sd' | 'sdxl' =>
  family === 'sd1' || family === 'sd2' ? 'sd' : 'sdxl'

const roundedUp = ({ width, height }: Size, factor: number, multiple = MULTIPLE): Size => ({
  width: Math.ceil((width * factor) / multiple) * multiple,
  height: Math.ceil((height * factor) / multiple) * multiple
})
