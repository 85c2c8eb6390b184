import { FLOAT, FLOAT16, type BuiltGraph, type GraphNode } from '../graph/graph.ts'
import { f32ToF16 } from '../tensor/half.ts'

/** What of a network computes in float32 all the same. */
export interface HalfPolicy {
  /** Layers whose weights have such names, and what only follows from them. */
  readonly fullLayers: RegExp | null
  /** Scores of attention, where a family's go beyond 65504, the largest float16. */
  readonly fullScores: boolean
}

/** Sums over many squares or exponentials: too long for 11 bits of mantissa, too large for 5 of exponent. */
const STATISTICS: ReadonlySet<string> = new Set(['InstanceNormalization', 'LayerNormalization', 'Softmax'])

/** Without products of a weight or of each other, these are as exact as what they are given. */
const PRODUCTS: ReadonlySet<string> = new Set([
  'Conv',
  'ConvTranspose',
  'Gemm',
  'MatMul',
  'com.microsoft.MultiHeadAttention'
])

const SCORES: ReadonlySet<string> = new Set(['MatMul', 'com.microsoft.MultiHeadAttention'])

/** Inputs that are numbers of the operator, whose type is fixed. */
const ownInputs: Readonly<Record<string, number>> = { Resize: 1 }

type Precision = 'half' | 'full'

/**
 * The same network in half precision: inputs and outputs stay float32, float16 weights are used as they are stored, and statistics
 * of norms, softmax and what `policy` names stay float32.
 */
export function inHalf(graph: BuiltGraph, policy: HalfPolicy): BuiltGraph {
  const values = createValues(graph)
  const outputs = new Set(graph.outputs.map(({ name }) => name))
  /** What has more than 11 bits worth keeping. */
  const precise = new Set<string>()

  const isPrecise = ({ op, inputs }: GraphNode): boolean =>
    (policy.fullLayers !== null &&
      inputs.some((name) => policy.fullLayers?.test(values.weightOf(name) ?? ''))) ||
    (!PRODUCTS.has(op) &&
      inputs.some((name) => precise.has(name)) &&
      inputs.every((name) => precise.has(name) || !values.isMade(name)))

  for (const node of graph.nodes) {
    const { op, output } = node
    if (values.takeWeight(node)) continue
    if (NEVER_FLOAT.has(op) || !node.inputs.some(values.isFloat)) {
      values.keep(node)
      continue
    }
    const stays = isPrecise(node)
    if (stays) precise.add(output)
    const isFull = stays || outputs.has(output) || STATISTICS.has(op) || (policy.fullScores && SCORES.has(op))
    values.put(node, isFull ? 'full' : 'half')
  }
  return { ...graph, nodes: values.nodes, constants: values.constants }
}

/** Sizes are the same in every type, and casts say themselves what they make. */
const NEVER_FLOAT: ReadonlySet<string> = new Set(['Shape', 'Cast'])

/** Sizes of the values that need a cast. */
function shapesOf({ nodes, externals, inputs, sizes }: BuiltGraph): ReadonlyMap<string, GraphNode['shape']> {
  const free = (size: number | string): number => (typeof size === 'number' ? size : sizes.named(size))
  return new Map([
    ...nodes.map(({ output, shape }) => [output, shape] as const),
    ...externals.map(({ name, weight }) => [name, weight.shape] as const),
    ...inputs.map(({ name, dims }) => [name, dims.map(free)] as const)
  ])
}

/** The values of the new graph, in the precisions in which they are asked for. */
function createValues(graph: BuiltGraph) {
  const nodes: GraphNode[] = []
  const constants = [...graph.constants]
  const stored = new Map(graph.externals.map(({ name, weight }) => [name, weight]))
  const numbers = new Map(
    constants.flatMap(({ name, dims, data }) =>
      data instanceof Float32Array ? [[name, { dims, data }] as const] : []
    )
  )
  /** Values that are only a weight in float32 → the weight. */
  const widened = new Map<string, string>()
  const made = new Map<string, Precision>()
  const given = new Set([
    ...graph.inputs.flatMap(({ name, type }) => (type === 'f32' ? [name] : [])),
    ...graph.externals.flatMap(({ name, weight }) => (weight.dtype === 'f32' ? [name] : []))
  ])
  const others = new Set<string>()
  const shapes = shapesOf(graph)

  const once = (name: string, make: () => void): string => {
    if (!others.has(name)) make()
    others.add(name)
    return name
  }
  const cast = (from: string, precision: Precision): string =>
    once(`${from}.${precision}`, () =>
      nodes.push({
        op: 'Cast',
        inputs: [from],
        output: `${from}.${precision}`,
        shape: shapes.get(from) ?? [],
        attributes: { to: precision === 'half' ? FLOAT16 : FLOAT }
      })
    )

  /** The name of a value in one precision; what is no float stays as it is. */
  const as = (name: string, precision: Precision): string => {
    const number = numbers.get(name)
    if (number !== undefined)
      return precision === 'full'
        ? name
        : once(`${name}.half`, () =>
            constants.push({ name: `${name}.half`, dims: number.dims, data: f32ToF16(number.data) })
          )
    const weight = widened.get(name)
    if (weight !== undefined)
      return precision === 'half' && stored.get(weight)?.dtype === 'f16' ? weight : cast(weight, precision)
    const has = given.has(name) ? 'full' : made.get(name)
    return has === undefined || has === precision ? name : cast(name, precision)
  }

  return {
    nodes,
    constants,
    isFloat: (name: string): boolean =>
      numbers.has(name) || widened.has(name) || given.has(name) || made.has(name),
    isMade: (name: string): boolean => made.has(name),
    weightOf: (name: string): string | undefined =>
      widened.get(name) ?? (stored.has(name) ? name : undefined),
    /** Whether a node only widens a weight, which is then done where it is needed. */
    takeWeight({ op, inputs: [first = ''], output, attributes }: GraphNode): boolean {
      if (op !== 'Cast' || attributes.to !== FLOAT || !stored.has(first)) return false
      widened.set(output, first)
      return true
    },
    /** A node that is the same in every precision. */
    keep(node: GraphNode): void {
      nodes.push({
        ...node,
        inputs: node.inputs.map((name) =>
          node.op === 'Shape' && !widened.has(name) ? name : as(name, 'full')
        )
      })
      if (node.op === 'Cast' && node.attributes.to === FLOAT) made.set(node.output, 'full')
    },
    put(node: GraphNode, precision: Precision): void {
      const fixed = ownInputs[node.op] ?? Infinity
      nodes.push({ ...node, inputs: node.inputs.map((name, i) => (i >= fixed ? name : as(name, precision))) })
      made.set(node.output, precision)
    }
  }
}
