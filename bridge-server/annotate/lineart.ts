import { gaussianBlur } from '../image/blur.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import type { PlainAnnotator } from './annotator.ts'

/** One colour of a picture. */
export function channelOf({ width, height, data }: Rgba, channel: number): Gray {
  const out = new Uint8Array(width * height)
  for (let i = 0; i < out.length; i++) out[i] = data[4 * i + channel]!
  return { width, height, data: out }
}

/** A Gaussian of this deviation over three of them to each side, mirrored at the border. */
export const smooth = (image: Gray, sigma: number): Gray =>
  gaussianBlur(image, Math.max(1, Math.ceil(3 * sigma)), sigma)

/** Differences below this many grey levels are paper, and say nothing of how strong lines are. */
const PAPER = 8
/** Where the median of all lines comes to lie. */
const INK = 127

/** How much darker than its surroundings the picture is, in its darkest colour; the median line is brought to mid grey. */
export function darkLines(picture: Rgba, sigma: number): Gray {
  const { width, height } = picture
  const ink = new Uint8Array(width * height)
  for (let channel = 0; channel < 3; channel++) {
    const plane = channelOf(picture, channel)
    const around = smooth(plane, sigma).data
    for (let i = 0; i < ink.length; i++) ink[i] = Math.max(ink[i]!, around[i]! - plane.data[i]!)
  }
  const gain = INK / Math.max(16, medianAbove(ink, PAPER))
  return { width, height, data: ink.map((value) => Math.min(255, Math.round(value * gain))) }
}

/** The median of the values above a limit; 0 where there are none. */
function medianAbove(values: Uint8Array, limit: number): number {
  const counts = new Uint32Array(256)
  for (const value of values) if (value > limit) counts[value]!++
  const total = counts.reduce((sum, count) => sum + count, 0)
  let seen = 0
  for (let value = 0; value < 256; value++) {
    seen += counts[value]!
    if (seen > 0 && 2 * seen >= total) return value
  }
  return 0
}

export const lineart: PlainAnnotator = {
  card: {
    id: 'lineart',
    label: 'Line art',
    about: 'Dark lines of a drawing, white on black.',
    parameters: [
      { id: 'sigma', label: 'Width of the surroundings', min: 1, max: 20, step: 0.5, default: 6, unit: 'px' }
    ],
    suits: ['lineart'],
    format: 'gray8'
  },
  needs: null,
  annotate: (picture, { sigma = 6 }) => darkLines(picture, sigma)
}
