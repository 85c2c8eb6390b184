import { visibleDepth } from '../image/depth-map.ts'
import type { Rgba, Tensor } from '../image/pixels.ts'
import { resizeTensor } from '../image/resize.ts'
import { tensorToGray, toTensor } from '../image/tensor-pixels.ts'
import type { Network, NetworkAnnotator } from './annotator.ts'

/** How near everything in a picture is, [1, 1, h, w] of its size: 0 is the farthest, 1 the nearest. */
export async function depthIn(picture: Rgba, network: Network): Promise<Tensor> {
  const [seen = { data: new Float32Array(), dims: [1, 0, 0] }] = await network(toTensor(picture))
  const [, height = 0, width = 0] = seen.dims
  return visibleDepth(resizeTensor({ data: seen.data, dims: [1, 1, height, width] }, picture, 'bicubic'))
}

export const depth: NetworkAnnotator = {
  card: {
    id: 'depth',
    label: 'Depth',
    about: 'How near everything is: what is near is bright.',
    parameters: [],
    suits: ['depth'],
    format: 'gray8'
  },
  needs: 'depth',
  annotate: async (picture, _, network) => tensorToGray(await depthIn(picture, network))
}
