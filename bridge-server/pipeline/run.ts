import type { Rgba } from '../image/pixels.ts'
import { toPixels } from '../image/tensor-pixels.ts'
import type { Phase } from '../protocol/messages.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { DiffusionModel, Models } from '../runtime/model.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { PictureSeeds } from './latents.ts'
import type { Look } from './previews.ts'
import type { Scene } from './scene.ts'

/** What a pass leaves: latents of its model, or pixels where it was made of tiles or nothing was sampled. */
export type Made = { readonly latents: Tensor; readonly model: DiffusionModel } | { readonly pixels: Rgba }

/** What was made as pixels. */
export const pixelsOf = async (made: Made): Promise<Rgba> =>
  'pixels' in made ? made.pixels : toPixels(await made.model.decode(made.latents))

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

/** What all variations of a pass share. */
export interface PassGiven {
  readonly request: GenerateRequest
  readonly scene: Scene
  readonly model: DiffusionModel
  readonly models: Models
  /** The depth that guides, [1, 1, H, W]; null for models that take none. */
  readonly depth: Tensor | null
  readonly signal: AbortSignal
}
