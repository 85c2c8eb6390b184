import type { OpenNetwork } from '../../../bridge-server/annotate/make-map.ts'
import type { Tensor } from '../../../bridge-server/image/pixels.ts'

const plane = (channels: number, h: number, w: number): Tensor => ({
  data: new Float32Array(channels * h * w),
  dims: [1, channels, h, w]
})

/** Networks that see nothing, with outputs of the true forms. */
export const blindNetworks: OpenNetwork = (kind) =>
  Promise.resolve(({ dims: [, , h = 0, w = 0] }) => {
    switch (kind) {
      case 'depth':
        return Promise.resolve([{ data: new Float32Array(36), dims: [1, 6, 6] }])
      case 'hed':
        return Promise.resolve([plane(1, h, w)])
      case 'openpose':
        return Promise.resolve([plane(38, h / 8, w / 8), plane(19, h / 8, w / 8)])
      case 'mlsd':
        return Promise.resolve([plane(9, h / 2, w / 2)])
    }
  })
