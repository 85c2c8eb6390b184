import type { Gray } from '../image/pixels.ts'
import { level, type PlainAnnotator } from './annotator.ts'
import { grayOf } from './gray.ts'

/** White where the picture is brighter than `limit`, black elsewhere. */
export const brighterThan = ({ width, height, data }: Gray, limit: number): Gray => ({
  width,
  height,
  data: data.map((value) => (value > limit ? 255 : 0))
})

export const threshold: PlainAnnotator = {
  card: {
    id: 'threshold',
    label: 'Threshold',
    about: 'White where the picture is bright, black elsewhere.',
    parameters: [level('limit', 'Threshold', 127)],
    suits: ['scribble', 'qrcode', 'brightness'],
    format: 'gray8'
  },
  needs: null,
  annotate: (picture, { limit = 127 }) => brighterThan(grayOf(picture), limit)
}
