import { gaussianPlane } from '../image/blur.ts'
import { planeOf } from '../image/line-filter.ts'
import type { Gray } from '../image/pixels.ts'
import { level, type PlainAnnotator } from './annotator.ts'
import { grayOf } from './gray.ts'

/** The wider Gaussian is this many times as wide: Winnemöller's k. */
const WIDER = 1.6

interface Ink {
  /** Deviation of the narrower Gaussian, pixels. */
  readonly sigma: number
  /** How much the picture is sharpened before; 0 leaves its tones, and draws its dark areas alone. */
  readonly sharpness: number
  /** The grey level below which there is ink. */
  readonly limit: number
  /** How soon above nothing ink is full, for each grey level; 1 is at once. */
  readonly hardness: number
}

/**
 * Winnemöller, Kyprianidis and Olsen 2012, “XDoG: an extended difference-of-Gaussians”, equations 5 and 7: the picture sharpened by
 * a difference of Gaussians, (1 + p) G(σ) − p G(kσ), and what is darker than a limit made ink by a soft threshold. Ink is white.
 */
export function inked(image: Gray, { sigma, sharpness, limit, hardness }: Ink): Gray {
  const blurred = (deviation: number): Float32Array =>
    gaussianPlane(planeOf(image.data), image, {
      radius: Math.max(1, Math.ceil(3 * deviation)),
      sigma: deviation
    })
  const [narrow, wide] = [blurred(sigma), blurred(WIDER * sigma)]
  const data = new Uint8Array(narrow.length)
  for (let i = 0; i < data.length; i++) {
    const tone = (1 + sharpness) * narrow[i]! - sharpness * wide[i]!
    data[i] = tone >= limit ? 0 : -255 * Math.tanh(hardness * (tone - limit))
  }
  return { ...image, data }
}

export const xdog: PlainAnnotator = {
  card: {
    id: 'xdog',
    label: 'Ink (XDoG)',
    about: 'Lines and shadows, as if drawn with ink.',
    parameters: [
      { id: 'sigma', label: 'Width of lines', min: 0.3, max: 5, step: 0.1, default: 1, unit: 'px' },
      {
        id: 'sharpness',
        label: 'Lines rather than shadows',
        min: 0,
        max: 50,
        step: 1,
        default: 20,
        unit: ''
      },
      level('limit', 'Threshold', 80),
      { id: 'hardness', label: 'Hardness', min: 0.005, max: 1, step: 0.005, default: 0.02, unit: '' }
    ],
    suits: ['scribble', 'lineart'],
    format: 'gray8'
  },
  needs: null,
  annotate: (picture, { sigma = 1, sharpness = 20, limit = 80, hardness = 0.02 }) =>
    inked(grayOf(picture), { sigma, sharpness, limit, hardness })
}
