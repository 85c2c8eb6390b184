import type { Rgba } from './pixels.ts'
import { canBeMarked, stableDiffusionMark, writeWatermark } from './watermark.ts'

/**
 * The picture with the invisible watermark of the original scripts (by their method, `dwtDct`) in what a model made. `before` is the
 * picture without that, of the same size: where it is the same already, its bytes stay; null: all of it is the model's. A picture
 * that is too small for a mark stays as it is.
 */
export function markMade(picture: Rgba, before: Rgba | null): Rgba {
  if (!canBeMarked(picture)) return picture
  const marked = writeWatermark(picture, stableDiffusionMark, 'dwtDct')
  if (before === null) return marked
  const { data } = picture
  for (let at = 0; at < data.length; at += 4)
    if ([0, 1, 2, 3].every((c) => data[at + c] === before.data[at + c]))
      for (let c = 0; c < 3; c++) marked.data[at + c] = data[at + c]!
  return marked
}
