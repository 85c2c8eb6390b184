import type { ModelInfo } from '../protocol/catalogue.ts'
import type { Size } from '../protocol/geometry.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { PlanSettings } from '../sampling/plan.ts'
import { limitsOf, workingSizes, type WorkingSizes } from './working-size.ts'

/** How a request is carried out; follows from the request and the model alone. */
export interface Plan {
  readonly sizes: WorkingSizes
  /** Size the model works at, in pixels. */
  readonly workingSize: Size
  readonly sampling: PlanSettings
  /** Whether the first latents hold the snapshot, or noise alone. */
  readonly startsFromPicture: boolean
}

/** Latents are made for a person's own size too, if it is a multiple of this many pixels. */
const MULTIPLE = 8

export function planFor(request: GenerateRequest, info: ModelInfo): Plan {
  const { mode, area, strength } = request
  const sizes = workingSizes({ width: area.width, height: area.height }, limitsOf(info))
  const startsFromPicture = mode !== 'txt2img' && !(mode === 'depth2img' && strength === 1)
  return {
    sizes,
    workingSize: request.workingSize === null ? sizes.initial : roundedUp(request.workingSize),
    sampling: {
      sampler: request.sampling.sampler,
      schedule: request.sampling.schedule,
      steps: request.sampling.steps,
      family: info.family === 'sd1' || info.family === 'sd2' ? 'sd' : 'sdxl',
      ...(startsFromPicture ? { strength } : {})
    },
    startsFromPicture
  }
}

const roundedUp = ({ width, height }: Size): Size => ({
  width: Math.ceil(width / MULTIPLE) * MULTIPLE,
  height: Math.ceil(height / MULTIPLE) * MULTIPLE
})
