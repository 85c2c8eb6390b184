import type { Rgba } from '../image/pixels.ts'
import { resizeRgba } from '../image/resize.ts'
import type { PlainAnnotator } from './annotator.ts'

/** The picture without details of less than `factor` pixels: made smaller by it, and as large again. */
export function withoutDetails(picture: Rgba, factor: number): Rgba {
  const { width, height } = picture
  const shrunk = (side: number): number => Math.max(1, Math.round(side / factor))
  const small = resizeRgba(picture, { width: shrunk(width), height: shrunk(height) }, 'box')
  return resizeRgba(small, { width, height }, 'bicubic')
}

export const tile: PlainAnnotator = {
  card: {
    id: 'tile',
    label: 'Tile',
    about: 'The picture without its finest details, which are to be made anew.',
    parameters: [{ id: 'factor', label: 'Down-sampling', min: 1, max: 8, step: 0.1, default: 2, unit: '' }],
    suits: ['tile'],
    format: 'rgba8'
  },
  needs: null,
  annotate: (picture, { factor = 2 }) => withoutDetails(picture, factor)
}
