import type { Rgba, Tensor } from '../image/pixels.ts'
import type { NetworkAnnotator } from './annotator.ts'
import { depthIn } from './depth.ts'

interface Relief {
  /** How steep a picture of one depth unit over its longer side is; as its sides are, so are the map's colours. */
  readonly strength: number
  /** Depths below this are background, which faces whoever looks. */
  readonly background: number
}

/**
 * Which way surfaces face, from their depth [1, 1, h, w] in 0…1: red what faces left, green what faces up, blue what faces
 * whoever looks (Zhang et al. 2023, arXiv:2302.05543, “normal from MiDaS”: Sobel's derivatives beside a constant, made a unit long).
 */
export function normalsOf({ data, dims }: Tensor, { strength, background }: Relief): Rgba {
  const [, , height = 0, width = 0] = dims
  // Sobel's weights sum to 8 on each pixel's slope.
  const slope = (strength * Math.max(width, height)) / 8
  const out = new Uint8ClampedArray(4 * width * height).fill(255)
  for (let y = 0, i = 0; y < height; y++) {
    const up = Math.max(y - 1, 0) * width
    const here = y * width
    const down = Math.min(y + 1, height - 1) * width
    for (let x = 0; x < width; x++, i++) {
      const [left, right] = [Math.max(x - 1, 0), Math.min(x + 1, width - 1)]
      const at = (row: number, column: number): number => data[row + column]!
      const isBackground = at(here, x) < background
      const across =
        at(up, right) +
        2 * at(here, right) +
        at(down, right) -
        at(up, left) -
        2 * at(here, left) -
        at(down, left)
      const along =
        at(down, left) + 2 * at(down, x) + at(down, right) - at(up, left) - 2 * at(up, x) - at(up, right)
      const [nx, ny] = isBackground ? [0, 0] : [across * slope, along * slope]
      const length = Math.hypot(nx, ny, 1)
      out[4 * i] = 127.5 + (127.5 * nx) / length
      out[4 * i + 1] = 127.5 + (127.5 * ny) / length
      out[4 * i + 2] = 127.5 + 127.5 / length
    }
  }
  return { width, height, data: out }
}

export const normal: NetworkAnnotator = {
  card: {
    id: 'normal',
    label: 'Normals from depth',
    about: 'Which way surfaces face, as a colour.',
    parameters: [
      { id: 'background', label: 'Background', min: 0, max: 1, step: 0.01, default: 0.1, unit: '' },
      { id: 'strength', label: 'Relief', min: 0.5, max: 20, step: 0.5, default: 5, unit: '' }
    ],
    suits: ['normal'],
    format: 'rgba8'
  },
  needs: 'depth',
  annotate: async (picture, { strength = 5, background = 0.1 }, network) =>
    normalsOf(await depthIn(picture, network), { strength, background })
}
