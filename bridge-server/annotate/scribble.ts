import type { Gray } from '../image/pixels.ts'
import { level, type PlainAnnotator } from './annotator.ts'
import { grayOf } from './gray.ts'
import { smooth } from './lineart.ts'

/** The wider Gaussian is this many times as wide: Winnemöller's k. */
const WIDER = 1.6

/**
 * Difference of Gaussians, thresholded: where the narrower is darker by `limit` levels than the wider, a line is drawn
 * (Winnemöller, Kyprianidis and Olsen 2012, “XDoG”, equation 1, with its hard threshold).
 */
export function scribbled(image: Gray, sigma: number, limit: number): Gray {
  const narrow = smooth(image, sigma).data
  const wide = smooth(image, sigma * WIDER).data
  return { ...image, data: narrow.map((value, i) => (wide[i]! - value > limit ? 255 : 0)) }
}

export const scribble: PlainAnnotator = {
  card: {
    id: 'scribble',
    label: 'Scribble',
    about: 'Bold strokes, as if drawn with a marker.',
    parameters: [
      { id: 'sigma', label: 'Width of strokes', min: 0.5, max: 10, step: 0.1, default: 2, unit: 'px' },
      { ...level('limit', 'Threshold', 2), max: 64 }
    ],
    suits: ['scribble'],
    format: 'gray8'
  },
  needs: null,
  annotate: (picture, { sigma = 2, limit = 2 }) => scribbled(grayOf(picture), sigma, limit)
}
