import type { Value } from '../graph/graph.ts'
import { add, mul, padChannels, padCircular, reshape, reshapeLike, unflattenRows } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { convolved, DYNAMIC, multiple, type Shape } from '../graph/shape.ts'
import { branches, firstRanks, layerBias, layerWeight, normWeight } from './adapted.ts'

interface Affine {
  /** As in torch: true unless said otherwise, and then it must be there. */
  readonly bias?: boolean
  /** Only some of the outputs, first and after the last: a slice of the weight's rows, which costs nothing. */
  readonly rows?: readonly [number, number]
}

/** torch.nn.Linear. x: [..., in] → [..., out]. A 1×1 convolution's weight does as well. */
export function linear(m: Scope, x: Value, { bias = true, rows }: Affine = {}): Value {
  const weight = layerWeight(m, { shape: [0, -1], rows })
  const [out = DYNAMIC, width = DYNAMIC] = weight.shape
  const flat = x.shape.length === 2 ? x : reshape(m, x, [-1, width])
  const added = layerBias(m, { bias, rows })
  const inputs = added === null ? [flat, weight] : [flat, weight, added]
  let y = m.graph.node('Gemm', inputs, [flat.shape[0] ?? DYNAMIC, out], { transB: 1 })
  for (const { m: branch, scale, rank } of branches(m)) {
    const narrow = firstRanks(m, linear(branch.at('down'), flat, { bias: false }), rank, 1)
    const down = mul(m, narrow, scale)
    y = add(m, y, linear(branch.at('up'), down, { bias: false, ...(rows === undefined ? {} : { rows }) }))
  }
  return x.shape.length === 2 ? y : unflattenRows(m, y, x)
}

interface Window {
  readonly stride?: number
  /** On every side, where the target may want the other side there (torch's `padding_mode`); or zeros top, left, bottom, right. */
  readonly padding?: number | readonly [number, number, number, number]
  /** Pixels from one of the kernel's weights to the next. */
  readonly dilation?: number
  /** Sets of channels that are convolved by themselves; as many as channels: depthwise. */
  readonly groups?: number
}

/** torch.nn.Conv2d. x: [n, in, h, w] → [n, out, h', w'] */
export function conv2d(m: Scope, x: Value, { bias = true, rows, ...window }: Affine & Window = {}): Value {
  let y = convolve(m, x, layerWeight(m, { rows }), { ...window, bias: layerBias(m, { bias, rows }) })
  for (const { m: branch, scale, rank } of branches(m)) {
    const narrow = branch.has('mid')
      ? conv2d(branch.at('mid'), conv2d(branch.at('down'), x, { bias: false }), { ...window, bias: false })
      : conv2d(branch.at('down'), x, { ...window, bias: false })
    const slice = rows === undefined ? {} : { rows }
    y = add(
      m,
      y,
      conv2d(branch.at('up'), mul(m, branch.has('mid') ? narrow : firstRanks(m, narrow, rank, 1), scale), {
        bias: false,
        ...slice
      })
    )
  }
  return y
}

/** torch.nn.functional.conv2d, where the weight is computed. */
export function convolve(
  m: Scope,
  x: Value,
  weight: Value,
  { stride = 1, padding = 0, dilation = 1, groups = 1, bias }: Window & { readonly bias: Value | null }
): Value {
  const [top, left, bottom, right] = sidesOf(padding)
  const [n = DYNAMIC, , h = DYNAMIC, w = DYNAMIC] = x.shape
  const [out = DYNAMIC, , ...kernel] = weight.shape
  const [kernelH = 1, kernelW = 1] = kernel
  const reach = (size: number): number => dilation * (size - 1) + 1
  const shape = [
    n,
    out,
    convolved(m.graph.sizes, h, { kernel: reach(kernelH), stride, padding: top + bottom }),
    convolved(m.graph.sizes, w, { kernel: reach(kernelW), stride, padding: left + right })
  ]
  const { source, pads } = padded(m, x, padding)
  const multiple = groups === 1 ? m.graph.target.channelMultiple : 1
  const operands = [source, weight].map((value) => padChannels(m, value, multiple))
  return m.graph.node('Conv', bias === null ? operands : [...operands, bias], shape, {
    kernel_shape: kernel,
    strides: [stride, stride],
    pads,
    dilations: [dilation, dilation],
    group: groups
  })
}

type Padding = NonNullable<Window['padding']>
type Sides = readonly [top: number, left: number, bottom: number, right: number]

const sidesOf = (padding: Padding): Sides =>
  typeof padding === 'number' ? [padding, padding, padding, padding] : padding

/** What a convolution reads, with the other side around it where the target wants that, and the zeros around it. */
function padded(m: Scope, x: Value, padding: Padding): { readonly source: Value; readonly pads: Sides } {
  const wraps = m.graph.target.edges === 'wrap' && typeof padding === 'number' && padding > 0
  return wraps
    ? { source: padCircular(m, x, padding), pads: [0, 0, 0, 0] }
    : { source: x, pads: sidesOf(padding) }
}

/** torch.nn.ConvTranspose2d whose kernel is as large as its stride. x: [n, in, h, w] → [n, out, h·k, w·k] */
export function convTranspose2d(m: Scope, x: Value): Value {
  const weight = m.weight('weight')
  const [n = DYNAMIC, , h = DYNAMIC, w = DYNAMIC] = x.shape
  const [, out = DYNAMIC, kernel = 1] = weight.shape
  const grown = (size: number): number => multiple(m.graph.sizes, size, kernel)
  return m.graph.node('ConvTranspose', [x, weight, m.weight('bias')], [n, out, grown(h), grown(w)], {
    kernel_shape: [kernel, kernel],
    strides: [kernel, kernel]
  })
}

interface Grouping {
  readonly groups: number
  readonly epsilon?: number
}

/**
 * torch.nn.GroupNorm, from InstanceNormalization over the groups: ONNX's own GroupNormalization leaves the GPU on WebGPU.
 * x: [n, c, h, w]
 */
export function groupNorm(m: Scope, x: Value, { groups, epsilon = 1e-5 }: Grouping): Value {
  const ones = m.graph.constant(new Float32Array(groups).fill(1), [groups])
  const zeros = m.graph.constant(new Float32Array(groups), [groups])
  const grouped = reshape(m, x, [0, groups, -1])
  const normed = m.graph.node('InstanceNormalization', [grouped, ones, zeros], grouped.shape, {
    epsilon: { float: epsilon }
  })
  const perChannel: Shape = [0, 1, 1]
  return add(
    m,
    mul(m, reshapeLike(m, normed, x), normWeight(m, 'weight', perChannel)),
    normWeight(m, 'bias', perChannel)
  )
}

/** torch.nn.LayerNorm over the last axis. */
export const layerNorm = (m: Scope, x: Value, { epsilon = 1e-5 } = {}): Value =>
  m.graph.node('LayerNormalization', [x, normWeight(m, 'weight'), normWeight(m, 'bias')], x.shape, {
    axis: -1,
    epsilon: { float: epsilon }
  })

/** torch.nn.Embedding. ids: [...] → [..., width] */
export const embedding = (m: Scope, ids: Value): Value => m.rows('weight', ids)

/** torch.nn.BatchNorm2d with the statistics of its training. */
export function batchNorm(m: Scope, x: Value): Value {
  m.leave('num_batches_tracked')
  const parameters = ['weight', 'bias', 'running_mean', 'running_var'].map((name) => m.weight(name))
  return m.graph.node('BatchNormalization', [x, ...parameters], x.shape, { epsilon: { float: 1e-5 } })
}

/** torch.nn.PReLU with a slope for each channel. x: [n, c, h, w] */
export const prelu = (m: Scope, x: Value): Value =>
  m.graph.node('PRelu', [x, m.weight('weight', { shape: [0, 1, 1] })], x.shape)
