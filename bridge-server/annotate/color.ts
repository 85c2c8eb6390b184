import type { Rgba } from '../image/pixels.ts'
import { resizeRgba } from '../image/resize.ts'
import type { PlainAnnotator } from './annotator.ts'

/** Mean colours of a grid of squares of `side` pixels, as T2I-Adapter's “color” was trained on (64). */
export function meanColors(picture: Rgba, side: number): Rgba {
  const { width, height } = picture
  const cells = (length: number): number => Math.max(1, Math.round(length / side))
  const grid = resizeRgba(picture, { width: cells(width), height: cells(height) }, 'box')
  return resizeRgba(grid, { width, height }, 'nearest')
}

export const color: PlainAnnotator = {
  card: {
    id: 'color',
    label: 'Colour grid',
    about: 'Mean colours of squares: where which colour is, and nothing of shapes.',
    parameters: [{ id: 'side', label: 'Squares', min: 8, max: 256, step: 8, default: 64, unit: 'px' }],
    suits: ['color'],
    format: 'rgba8'
  },
  needs: null,
  annotate: (picture, { side = 64 }) => meanColors(picture, side)
}
