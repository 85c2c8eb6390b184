import type { Graph, Value } from './graph.ts'
import type { Scope } from './scope.ts'
import { broadcast, convolved, derived, DYNAMIC, multiple, resolveReshape, type Shape } from './shape.ts'

const integers = (graph: Graph, values: readonly number[]): Value =>
  graph.constant(BigInt64Array.from(values, BigInt), [values.length])

const scalar = (m: Scope, value: number): Value => m.graph.constant(Float32Array.of(value), [])

const operand = (m: Scope, value: Value | number): Value =>
  typeof value === 'number' ? scalar(m, value) : value

const elementwise =
  (op: string) =>
  (m: Scope, a: Value, b: Value | number): Value => {
    const right = operand(m, b)
    return m.graph.node(op, [a, right], broadcast(a.shape, right.shape))
  }

export const add = elementwise('Add')
/** a + b, where the sizes of `b` are those of `a` or 1. */
export const addOnto = (m: Scope, a: Value, b: Value): Value => m.graph.node('Add', [a, b], a.shape)

export const sub = elementwise('Sub')
export const mul = elementwise('Mul')
export const div = elementwise('Div')

export const relu = (m: Scope, x: Value): Value => m.graph.node('Relu', [x], x.shape)

export const tanh = (m: Scope, x: Value): Value => m.graph.node('Tanh', [x], x.shape)

/** min(max(x, 0), 6) */
export const relu6 = (m: Scope, x: Value): Value =>
  m.graph.node('Clip', [x, scalar(m, 0), scalar(m, 6)], x.shape)

export const sigmoid = (m: Scope, x: Value): Value => m.graph.node('Sigmoid', [x], x.shape)

/** x where it is positive, else `slope` times x. */
export const leakyRelu = (m: Scope, x: Value, slope: number): Value =>
  m.graph.node('LeakyRelu', [x], x.shape, { alpha: { float: slope } })

/** The exact one, with erf. */
export const gelu = (m: Scope, x: Value): Value => m.graph.node('Gelu', [x], x.shape)

/** x · sigmoid(1.702 x), CLIP's own activation. */
export const quickGelu = (m: Scope, x: Value): Value => sigmoidGate(m, x, 1.702)

/** x · sigmoid(x). QuickGelu is the one operator for it that both the CPU and WebGPU providers run natively. */
export const silu = (m: Scope, x: Value): Value => sigmoidGate(m, x, 1)

const sigmoidGate = (m: Scope, x: Value, alpha: number): Value =>
  m.graph.node('com.microsoft.QuickGelu', [x], x.shape, { alpha: { float: alpha } })

/** Over the last axis. */
export const softmax = (m: Scope, x: Value): Value => m.graph.node('Softmax', [x], x.shape, { axis: -1 })

export const matmul = (m: Scope, a: Value, b: Value): Value =>
  m.graph.node('MatMul', [a, b], [...a.shape.slice(0, -1), b.shape.at(-1) ?? DYNAMIC])

/** The mean along `axes`, which go. */
export function mean(m: Scope, x: Value, axes: readonly number[]): Value {
  const shape = x.shape.filter((_, axis) => !axes.includes(axis))
  return m.graph.node('ReduceMean', [x, integers(m.graph, axes)], shape, { keepdims: 0 })
}

/** The length of the vectors along `axes`, which become 1. */
export function l2Norm(m: Scope, x: Value, axes: readonly number[]): Value {
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
  return m.graph.node('ReduceL2', [x, integers(m.graph, axes)], shape, { keepdims: 1 })
}

/** `to`: 0 keeps the size at that place, −1 is what remains. */
export const reshape = (m: Scope, x: Value, to: Shape): Value =>
  m.graph.node('Reshape', [x, integers(m.graph, to)], resolveReshape(x.shape, to, m.graph.sizes))

/** Sizes of `x` along the axes from `start` up to `end`, as a tensor that exists when the graph runs. */
export const sizes = (m: Scope, x: Value, start: number, end: number): Value =>
  m.graph.node('Shape', [x], [end - start], { start, end })

/** The shape of `like`, which has as many elements. */
export const reshapeLike = (m: Scope, x: Value, like: Value): Value =>
  m.graph.node('Reshape', [x, sizes(m, like, 0, like.shape.length)], like.shape)

/** [rows, c] → [...the sizes of `like` but the last, c]. */
export const unflattenRows = (m: Scope, x: Value, like: Value): Value => {
  const width = x.shape.at(-1) ?? DYNAMIC
  const rank = like.shape.length
  const target = m.graph.node('Concat', [sizes(m, like, 0, rank - 1), integers(m.graph, [width])], [rank], {
    axis: 0
  })
  return m.graph.node('Reshape', [x, target], [...like.shape.slice(0, -1), width])
}

export const transpose = (m: Scope, x: Value, perm: readonly number[]): Value =>
  m.graph.node(
    'Transpose',
    [x],
    perm.map((axis) => x.shape[axis] ?? DYNAMIC),
    { perm }
  )

export function concat(m: Scope, values: readonly Value[], axis: number): Value {
  const lengths = values.map(({ shape }) => shape[axis] ?? DYNAMIC)
  const total = lengths.some((length) => length < 0)
    ? DYNAMIC
    : lengths.reduce((sum, length) => sum + length, 0)
  return m.graph.node('Concat', values, values[0]?.shape.with(axis, total) ?? [], { axis })
}

/** Elements `start` up to `end` along one axis; `end` may be left out. */
export function slice(m: Scope, x: Value, axis: number, start: number, end = Number.MAX_SAFE_INTEGER): Value {
  const size = x.shape[axis] ?? DYNAMIC
  const kept = size < 0 ? DYNAMIC : Math.min(end, size) - start
  const bounds = [start, end, axis].map((value) => integers(m.graph, [value]))
  return m.graph.node('Slice', [x, ...bounds], x.shape.with(axis, kept))
}

/** Zero channels behind those of `x` [n, c, ...] up to a multiple of `multiple`; x itself where there is nothing to add. */
export function padChannels(m: Scope, x: Value, multiple: number): Value {
  const channels = x.shape[1] ?? DYNAMIC
  const padded = Math.ceil(channels / multiple) * multiple
  if (channels < 0 || padded === channels) return x
  const rank = x.shape.length
  const pads = Array.from({ length: 2 * rank }, (_, i) => (i === rank + 1 ? padded - channels : 0))
  return m.graph.node('Pad', [x, integers(m.graph, pads)], x.shape.with(1, padded))
}

/** Zeros behind and below [n, c, h, w]: one column and one row. */
export function padBottomRight(m: Scope, x: Value): Value {
  const [n = DYNAMIC, c = DYNAMIC, ...sides] = x.shape
  const shape = [n, c, ...sides.map((size) => (size < 0 ? DYNAMIC : size + 1))]
  return m.graph.node('Pad', [x, integers(m.graph, [0, 0, 0, 0, 0, 0, 1, 1])], shape)
}

/** torch's circular padding of [n, c, h, w]: beyond each edge as many pixels of the other side. */
export function padCircular(m: Scope, x: Value, pixels: number): Value {
  const part = (value: Value, axis: number, start: number, end: number): Value =>
    m.graph.node(
      'Slice',
      [value, ...[start, end, axis].map((number) => integers(m.graph, [number]))],
      value.shape.with(axis, pixels)
    )
  const along = (value: Value, axis: number): Value => {
    const ends = [part(value, axis, -pixels, Number.MAX_SAFE_INTEGER), value, part(value, axis, 0, pixels)]
    const padded = derived(
      m.graph.sizes,
      value.shape[axis] ?? DYNAMIC,
      (known) => known + 2 * pixels,
      (free) => `(${free}+${2 * pixels})`
    )
    return m.graph.node('Concat', ends, value.shape.with(axis, padded), { axis })
  }
  return along(along(x, 2), 3)
}

/** torch's max_pool2d of [n, c, h, w] over squares of two, which do not overlap. */
export function maxPool2(m: Scope, x: Value): Value {
  const [n = DYNAMIC, c = DYNAMIC, ...sides] = x.shape
  const shape = [
    n,
    c,
    ...sides.map((size) => convolved(m.graph.sizes, size, { kernel: 2, stride: 2, padding: 0 }))
  ]
  return m.graph.node('MaxPool', [x], shape, { kernel_shape: [2, 2], strides: [2, 2] })
}

/** Repeats `x` [1, ...] as often as `like` has batches. */
export function expandBatch(m: Scope, x: Value, like: Value): Value {
  const rest = integers(m.graph, x.shape.slice(1))
  const target = m.graph.node('Concat', [sizes(m, like, 0, 1), rest], [x.shape.length], { axis: 0 })
  return m.graph.node('Expand', [x, target], [like.shape[0] ?? DYNAMIC, ...x.shape.slice(1)])
}

/** Repeats `x` along its axes of size 1 until it is as large as `like`. */
export const expandLike = (m: Scope, x: Value, like: Value): Value =>
  m.graph.node('Expand', [x, sizes(m, like, 0, like.shape.length)], like.shape)

/** torch's pixel_shuffle: [n, c·r², h, w] → [n, c, h·r, w·r] */
export function pixelShuffle(m: Scope, x: Value, r: number): Value {
  const [n = DYNAMIC, c = DYNAMIC, ...sides] = x.shape
  const shape = [n, c / r ** 2, ...sides.map((size) => multiple(m.graph.sizes, size, r))]
  return m.graph.node('DepthToSpace', [x], shape, { blocksize: r, mode: 'CRD' })
}

/** Squares of r·r pixels as channels: [n, c, h, w] → [n, r²·c, h/r, w/r], all channels of one pixel together. */
export function blocksOfPixels(m: Scope, x: Value, r: number): Value {
  const [n = DYNAMIC, c = DYNAMIC, ...sides] = x.shape
  const smaller = (size: number): number =>
    derived(
      m.graph.sizes,
      size,
      (known) => known / r,
      (free) => `(${free}/${r})`
    )
  return m.graph.node('SpaceToDepth', [x], [n, c * r ** 2, ...sides.map(smaller)], { blocksize: r })
}

/** The inverse of `blocksOfPixels`. */
export function pixelsOfBlocks(m: Scope, x: Value, r: number): Value {
  const [n = DYNAMIC, c = DYNAMIC, ...sides] = x.shape
  const shape = [n, c / r ** 2, ...sides.map((size) => multiple(m.graph.sizes, size, r))]
  return m.graph.node('DepthToSpace', [x], shape, { blocksize: r, mode: 'DCR' })
}

/** Where a and b are the same number. */
export const isEqual = (m: Scope, a: Value, b: Value): Value =>
  m.graph.node('Equal', [a, b], broadcast(a.shape, b.shape))

/** One number where `condition` holds, another elsewhere. */
export const where = (m: Scope, condition: Value, yes: number, no: number): Value =>
  m.graph.node('Where', [condition, scalar(m, yes), scalar(m, no)], condition.shape)

/** torch's nearest-neighbour upsampling of [n, c, h, w]: by two, or to the height and width of `like`. */
export function upsampleNearest(m: Scope, x: Value, like?: Value): Value {
  const rule = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
  return resize(m, x, rule, like)
}

/** torch's bilinear interpolation of [n, c, h, w]: by two, or to the height and width of `like`. */
export function upsampleBilinear(
  m: Scope,
  x: Value,
  corners: 'align_corners' | 'half_pixel',
  like?: Value
): Value {
  return resize(m, x, { mode: 'linear', coordinate_transformation_mode: corners }, like)
}

/** torch's bicubic interpolation of [n, c, h, w] to the height and width of `like`, half-pixel centres, without antialiasing. */
export const resizeBicubic = (m: Scope, x: Value, like: Value): Value =>
  resize(m, x, { mode: 'cubic', coordinate_transformation_mode: 'half_pixel' }, like)

function resize(m: Scope, x: Value, attributes: Readonly<Record<string, string>>, like?: Value): Value {
  const [n = DYNAMIC, c = DYNAMIC, h = DYNAMIC, w = DYNAMIC] = x.shape
  if (like === undefined) {
    const double = (size: number): number => multiple(m.graph.sizes, size, 2)
    const scales = m.graph.constant(Float32Array.of(1, 1, 2, 2), [4])
    return m.graph.node('Resize', [x, null, scales], [n, c, double(h), double(w)], attributes)
  }
  const target = m.graph.node('Concat', [sizes(m, x, 0, 2), sizes(m, like, 2, 4)], [4], { axis: 0 })
  const shape = [n, c, ...like.shape.slice(2)]
  return m.graph.node('Resize', [x, null, null, target], shape, attributes)
}
