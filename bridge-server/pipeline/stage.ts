import type { Gray, Rgba } from '../image/pixels.ts'
import type { Rect, Size } from '../protocol/geometry.ts'
import type { PictureSeeds } from './latents.ts'
import type { Preview } from './previews.ts'
import type { Progress } from './progress.ts'

/** The way back from a job to whoever asked for it. */
export interface Stage {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  readonly onPreview: (preview: Preview) => void
}

export interface GeneratedVariation extends PictureSeeds {
  readonly pixels: Rgba
}

export interface Generated {
  readonly area: Rect
  /** How many of its pixels stand for one of the area, along each side; absent: 1. */
  readonly scale?: number
  /** Everything the model made in the area, also outside the mask. */
  readonly variations: readonly GeneratedVariation[]
  /** What of it is to be shown; absent: all. */
  readonly mask?: Gray
  readonly depth?: Gray
  readonly workingSize: Size
}
