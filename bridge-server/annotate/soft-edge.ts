import type { Gray, Tensor } from '../image/pixels.ts'
import { toTensor } from '../image/tensor-pixels.ts'
import type { NetworkAnnotator } from './annotator.ts'

/**
 * Edges [1, 1, h, w] in 0…1 as grey levels: all, or only `levels` of them above black (ControlNet's “safe” maps have two), for
 * in soft maps a ControlNet can read more of the picture than its edges.
 */
export function edgeLevels({ data, dims }: Tensor, levels: number): Gray {
  const [, , height = 0, width = 0] = dims
  const stepped = (value: number): number =>
    levels === 0 ? value : Math.min(1, Math.floor(value * (levels + 1)) / levels)
  return { width, height, data: Uint8Array.from(data, (value) => 255 * stepped(value)) }
}

export const softEdge: NetworkAnnotator = {
  card: {
    id: 'softedge',
    label: 'Soft edges (HED)',
    about: 'Outlines as a person would see them, the clearer the whiter.',
    parameters: [{ id: 'levels', label: 'Levels (0: all)', min: 0, max: 8, step: 1, default: 0, unit: '' }],
    suits: ['softedge', 'hed'],
    format: 'gray8'
  },
  needs: 'hed',
  async annotate(picture, { levels = 0 }, network) {
    const [edges = { data: new Float32Array(), dims: [1, 1, 0, 0] }] = await network(toTensor(picture))
    return edgeLevels(edges, levels)
  }
}
