import { createGraph, type Graph, type Target, type Value } from '../graph/graph.ts'
import { openNetwork, type Scope } from '../graph/scope.ts'
import { depthAnything } from '../nn/depth-anything.ts'
import { hed } from '../nn/hed.ts'
import { mlsd } from '../nn/mlsd.ts'
import { openpose } from '../nn/openpose.ts'
import { zeros, type Tensor } from '../tensor/tensor.ts'
import type { AnnotatorFile, DepthAnything } from '../weights/extensions/extension.ts'
import { createDepthEstimator, normalise, resizeBicubic } from './depth.ts'
import { tooLarge } from './memory.ts'
import type { AnnotatorModel } from './model.ts'
import { createPart, output, type Part, type Runtime } from './part.ts'
import { createVariants } from './variants.ts'

/** Run once for a picture, as exactly as their reference. */
const NETWORK = { name: 'annotator', half: null }

/** An annotator's file as a function of a picture. */
export function createAnnotatorModel(file: AnnotatorFile, runtime: Runtime): AnnotatorModel {
  switch (file.network) {
    case 'dpt': {
      const estimate = createDepthEstimator(file.part, runtime)
      return async (picture) => [await estimate(picture)]
    }
    case 'depth-anything':
      return createDepthAnything(file.part, runtime)
    case 'hed':
    case 'openpose':
    case 'mlsd':
      return createConvolutional(file, runtime)
  }
}

/** What DINOv2's pictures were scaled by: the mean colour and deviation of ImageNet. */
const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const

/** Tensors as large as the picture's that live at once in the head, in numbers a pixel; attention is smaller. */
const LIVE = 160

function createDepthAnything(part: DepthAnything, runtime: Runtime): AnnotatorModel {
  const sizes = createVariants<Part>(runtime, 'size')
  return async (picture) => {
    const [, , h = 1, w = 1] = picture.dims
    const { height, width } = sizeFor(part, h, w)
    const network = await sizes.get(`${height} ${width}`, (own) =>
      createPart((target) => depthAnythingGraph(part, { height, width }, target), NETWORK, own)
    )
    const x = normalise(resizeBicubic(picture, height, width), imageNet)
    return [await runFitting(network, x, runtime, LIVE).then((outputs) => output(outputs, 'depth'))]
  }
}

/** Longer sides than this many times the shorter are squeezed. */
const LONGEST = 3

/** The shorter side as in its training, the other in proportion; both multiples of the patch. */
function sizeFor({ weights, patchSize }: DepthAnything, h: number, w: number) {
  const [, positions = 2] = weights.get('backbone.embeddings.position_embeddings')?.shape ?? []
  const side = Math.sqrt(positions - 1)
  const patches = (length: number): number =>
    patchSize * Math.round(side * Math.min(LONGEST, length / Math.min(h, w)))
  return { height: patches(h), width: patches(w) }
}

function depthAnythingGraph(
  part: DepthAnything,
  { height, width }: { readonly height: number; readonly width: number },
  target: Target
): Graph {
  const graph = createGraph(target)
  const { m, check } = openNetwork(graph, part.weights, 'depth estimator')
  const x = graph.input('x', 'f32', ['n', 3, height, width])
  graph.output('depth', depthAnything(m, x, { ...part, layerNormEpsilon: 1e-6 }))
  check()
  return graph
}

interface Convolutional {
  /** What a person calls it. */
  readonly part: string
  readonly channels: number
  /** From colours in −1…1 to what it was trained on. */
  readonly prepare: (picture: Tensor) => Tensor
  /** Outputs in order, each with a name. */
  readonly build: (m: Scope, x: Value) => Readonly<Record<string, Value>>
  /** Numbers a pixel that live at once. */
  readonly live: number
}

const convolutionals: Readonly<Record<'hed' | 'openpose' | 'mlsd', Convolutional>> = {
  hed: {
    part: 'edge detector',
    channels: 3,
    prepare: (picture) => mapped(picture, (value) => (value + 1) * 127.5),
    build: (m, x) => ({ edges: hed(m, x) }),
    live: 200
  },
  openpose: {
    part: 'pose estimator',
    channels: 3,
    // It was trained on OpenCV's order of colours, in 0…255 / 256 − ½.
    prepare: (picture) => mapped(reversedColours(picture), (value) => ((value + 1) * 127.5) / 256 - 0.5),
    build: (m, x) => ({ ...openpose(m, x) }),
    live: 200
  },
  mlsd: {
    part: 'line detector',
    channels: 4,
    prepare: withOnes,
    build: (m, x) => ({ lines: mlsd(m, x) }),
    live: 100
  }
}

function createConvolutional(
  { network, weights }: Extract<AnnotatorFile, { network: keyof typeof convolutionals }>,
  runtime: Runtime
): AnnotatorModel {
  const { part, channels, prepare, build, live } = convolutionals[network]
  const graphOf = (target: Target): Graph => {
    const graph = createGraph(target)
    const { m, check } = openNetwork(graph, weights, part)
    const outputs = build(m, graph.input('x', 'f32', ['n', channels, 'h', 'w']))
    for (const [name, value] of Object.entries(outputs)) graph.output(name, value)
    check()
    return graph
  }
  const estimator = createPart(graphOf, NETWORK, runtime)
  return async (picture) => [...(await runFitting(estimator, prepare(picture), runtime, live)).values()]
}

/** Throws AppError 'out-of-memory' where a picture of this size does not fit. */
async function runFitting(
  network: Part,
  x: Tensor,
  { budget }: Runtime,
  live: number
): Promise<ReadonlyMap<string, Tensor>> {
  const [, , height = 0, width = 0] = x.dims
  const need = (size: { readonly height: number; readonly width: number }): number =>
    4 * live * size.height * size.width
  if (!network.isAllowed(need({ height, width })))
    throw tooLarge('A map', { width, height }, budget.total, (size) => network.weightBytes() + need(size))
  return network.run({ x }, need({ height, width }))
}

const mapped = ({ data, dims }: Tensor, change: (value: number) => number): Tensor => ({
  data: data.map(change),
  dims
})

function reversedColours({ data, dims }: Tensor): Tensor {
  const plane = data.length / 3
  const out = zeros(dims)
  for (let c = 0; c < 3; c++) out.data.set(data.subarray(c * plane, (c + 1) * plane), (2 - c) * plane)
  return out
}

/** M-LSD's fourth channel is a 1 among levels of 0…255, which are then scaled to −1…1. */
function withOnes({ data, dims: [n = 1, , h = 0, w = 0] }: Tensor): Tensor {
  const out = zeros([n, 4, h, w])
  out.data.set(data)
  out.data.fill(1 / 127.5 - 1, data.length)
  return out
}
