import { assert } from '../errors.ts'
import { createMosaic } from '../image/mosaic.ts'
import type { Rgba } from '../image/pixels.ts'
import { resizeRgba } from '../image/resize.ts'
import type { Rect } from '../protocol/geometry.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import type { Latents } from '../sampling/sampler.ts'
import type { PreviewPace } from './preview-pace.ts'
import { previewerFor, type Previewer } from './preview.ts'

/** A rough look at what is being made, to be stretched over `area`. */
export interface Preview {
  readonly variation: number
  readonly area: Rect
  readonly image: Rgba
}

/** A look at one step of a tile. */
export interface Look {
  /** Whose latents they are. */
  readonly model: DiffusionModel
  readonly denoised: Latents
  readonly dims: readonly number[]
  readonly tile: Rect
  /** The whole picture so far where it is made of tiles; else it is the tile. */
  readonly picture: Rgba | null
  readonly isLast: boolean
}

/** Sides of the preview of a picture that is made of tiles, in pixels at most. */
const MOST = 512

/** Shows the looks of the models of one job, as far as there is time. */
export async function createPreviews(
  models: readonly DiffusionModel[],
  pace: PreviewPace,
  show: (preview: Preview) => void
): Promise<(variation: number, area: Rect, look: Look) => Promise<void>> {
  const previewers = new Map<DiffusionModel, Previewer>()
  for (const model of new Set(models)) previewers.set(model, await previewerFor(model))
  return (variation, area, { model, denoised, dims, tile, picture, isLast }) =>
    pace.offer(isLast, async () => {
      const previewer = previewers.get(model)
      assert(previewer !== undefined, 'a look at the latents of a model that was not named')
      const image = await previewer(denoised, dims)
      show({ variation, area, image: picture === null ? image : onPicture(image, tile, picture) })
    })
}

const NO_FADE = { left: 0, top: 0 }

/** The tile's preview in its place on the picture, small. */
function onPicture(image: Rgba, tile: Rect, picture: Rgba): Rgba {
  const factor = Math.min(1, MOST / Math.max(picture.width, picture.height))
  const scaled = (length: number): number => Math.max(1, Math.round(length * factor))
  const size = { width: scaled(picture.width), height: scaled(picture.height) }
  const [x, y] = [Math.floor(tile.x * factor), Math.floor(tile.y * factor)]
  const place = {
    ...{ x, y },
    width: Math.min(scaled(tile.width), size.width - x),
    height: Math.min(scaled(tile.height), size.height - y)
  }
  const mosaic = createMosaic(size)
  mosaic.lay(resizeRgba(picture, size, 'nearest'), { x: 0, y: 0, ...size }, NO_FADE)
  mosaic.lay(resizeRgba(image, place, 'bilinear'), place, NO_FADE)
  return mosaic.picture
}
