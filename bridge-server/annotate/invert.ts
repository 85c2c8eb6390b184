import type { Rgba } from '../image/pixels.ts'
import type { PlainAnnotator } from './annotator.ts'

/** Each colour's opposite; alpha stays. */
export function inverted({ width, height, data }: Rgba): Rgba {
  const out = new Uint8ClampedArray(data.length)
  for (let i = 0; i < data.length; i++) out[i] = i % 4 === 3 ? data[i]! : 255 - data[i]!
  return { width, height, data: out }
}

export const invert: PlainAnnotator = {
  card: {
    id: 'invert',
    label: 'Invert',
    about: 'Black lines on white become the white lines on black that ControlNets read.',
    parameters: [],
    suits: ['lineart', 'scribble', 'softedge'],
    format: 'rgba8'
  },
  needs: null,
  annotate: inverted
}
