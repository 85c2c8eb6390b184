import type { Rgba } from '../image/pixels.ts'
import type { PlainAnnotator } from './annotator.ts'
import { wideBlurred } from '../image/wide-blur.ts'
import { channelOf } from './lineart.ts'

/** Every colour blurred by a Gaussian of this deviation; opaque. */
export function blurred(picture: Rgba, sigma: number): Rgba {
  const out = new Uint8ClampedArray(picture.data.length).fill(255)
  for (let channel = 0; channel < 3; channel++) {
    const { data } = wideBlurred(channelOf(picture, channel), { radius: Math.ceil(3 * sigma), sigma })
    for (let i = 0; i < data.length; i++) out[4 * i + channel] = data[i]!
  }
  return { ...picture, data: out }
}

export const blur: PlainAnnotator = {
  card: {
    id: 'blur',
    label: 'Blur',
    about: 'The picture out of focus.',
    parameters: [{ id: 'sigma', label: 'Blur', min: 0.5, max: 64, step: 0.5, default: 9, unit: 'px' }],
    suits: ['blur', 'tile'],
    format: 'rgba8'
  },
  needs: null,
  annotate: (picture, { sigma = 9 }) => blurred(picture, sigma)
}
