import { createGraph, type Graph, type Target } from '../graph/graph.ts'
import { openNetwork } from '../graph/scope.ts'
import { dpt } from '../nn/dpt.ts'
import { zeros, type Tensor } from '../tensor/tensor.ts'
import type { DepthPart } from '../weights/checkpoint.ts'
import { createPart, output, type Runtime } from './part.ts'

/** A checkpoint's depth estimator: [1, 3, H, W] in −1…1 of any size → [1, H', W'], near is large. */
export function createDepthEstimator(part: DepthPart, runtime: Runtime): (image: Tensor) => Promise<Tensor> {
  const { imageSize } = part
  const network = createPart(
    (target) => depthGraph(part, target),
    { name: 'depth estimator', half: null },
    runtime
  )
  return async (image) => {
    const x = normalise(resizeBicubic(image, imageSize, imageSize), part)
    return output(await network.run({ x }, activationBytes(imageSize)), 'depth')
  }
}

function depthGraph(part: DepthPart, target: Target): Graph {
  const graph = createGraph(target)
  const { m, check } = openNetwork(graph, part.weights, 'depth estimator')
  const x = graph.input('x', 'f32', ['n', 3, part.imageSize, part.imageSize])
  graph.output('depth', dpt(m, x, { ...part, backboneGroups: part.backboneGroups ?? 32 }))
  check()
  return graph
}

/** The head works at full size, 256 channels wide at half of it. */
const activationBytes = (size: number): number => 4 * 512 * size * size

/** From −1…1 to what an estimator was trained on, which had a mean of 0 and a deviation of 1. */
export function normalise({ data, dims }: Tensor, { mean, std }: Pick<DepthPart, 'mean' | 'std'>): Tensor {
  const area = data.length / 3
  const normalised = data.map((value, i) => {
    const channel = Math.floor(i / area)
    return ((value + 1) / 2 - (mean[channel] ?? 0)) / (std[channel] ?? 1)
  })
  return { data: normalised, dims }
}

/** Pillow's BICUBIC: Keys' kernel with a = −1/2, widened when the picture shrinks. x: [n, c, h, w] */
export function resizeBicubic(x: Tensor, height: number, width: number): Tensor {
  const [n = 1, c = 0, h = 0, w = 0] = x.dims
  const rows = filter(h, height)
  const columns = filter(w, width)
  const wide = zeros([n, c, h, width])
  for (let line = 0; line < n * c * h; line++)
    for (const [i, { first, weights }] of columns.entries())
      wide.data[line * width + i] = weigh(x.data, line * w + first, 1, weights)
  const out = zeros([n, c, height, width])
  for (let plane = 0; plane < n * c; plane++)
    for (const [i, { first, weights }] of rows.entries())
      for (let column = 0; column < width; column++) {
        const from = (plane * h + first) * width + column
        out.data[(plane * height + i) * width + column] = weigh(wide.data, from, width, weights)
      }
  return out
}

function weigh(data: Float32Array, start: number, step: number, weights: readonly number[]): number {
  let sum = 0
  for (const [i, weight] of weights.entries()) sum += weight * (data[start + i * step] ?? 0)
  return sum
}

/** What one output sample takes: inputs from `first` on, with weights that sum to 1. */
interface Tap {
  readonly first: number
  readonly weights: readonly number[]
}

const SUPPORT = 2

function filter(from: number, to: number): readonly Tap[] {
  const step = from / to
  const scale = Math.max(1, step)
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * step
    const first = Math.max(0, Math.trunc(centre - SUPPORT * scale + 0.5))
    const end = Math.min(from, Math.trunc(centre + SUPPORT * scale + 0.5))
    const raw = Array.from({ length: end - first }, (_, k) => keys((first + k - centre + 0.5) / scale))
    const sum = raw.reduce((total, weight) => total + weight, 0)
    return { first, weights: raw.map((weight) => weight / sum) }
  })
}

/** R. Keys, "Cubic convolution interpolation for digital image processing", 1981, equation 4 */
function keys(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
}
