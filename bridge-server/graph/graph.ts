import { createSizes, type Shape, type Sizes } from './shape.ts'
import type { Weight } from './weight.ts'

/** A symbolic tensor: an edge of the graph being built. */
export interface Value {
  readonly name: string
  readonly shape: Shape
}

/** A whole number is an ONNX INT; wrap it as `{ float }` where the operator wants a FLOAT. */
export type Attribute = number | string | readonly number[] | { readonly float: number }

export interface GraphNode {
  /** With its domain before the last dot, such as `com.microsoft.QuickGelu`; plain names are ONNX's own. */
  readonly op: string
  readonly inputs: readonly string[]
  readonly output: string
  /** Of the output. */
  readonly shape: Shape
  readonly attributes: Readonly<Record<string, Attribute>>
}

export interface Constant {
  readonly name: string
  readonly dims: Shape
  /** float32, int64, or the bits of float16. */
  readonly data: Float32Array | BigInt64Array | Uint16Array
}

/** A tensor whose bytes stay in the file that they came in (ONNX "external data"). */
export interface ExternalTensor {
  readonly name: string
  readonly weight: Weight
}

/** A part of a tensor that is held in memory: an input, fed with it at each run. */
export interface HeldPart {
  /** Of the input. */
  readonly name: string
  /** Of the tensor. */
  readonly of: string
  /** Its first number, and the one behind its last. */
  readonly span: readonly [number, number]
  readonly dims: readonly number[]
}

export interface GraphInput {
  readonly name: string
  readonly type: 'f32' | 'i64'
  /** A name stands for a size that is free. */
  readonly dims: readonly (number | string)[]
}

/** What lies beyond the edges of a picture that a convolution pads: nothing, or its other side, so that copies of it meet. */
export type Edges = 'zeros' | 'wrap'

/** What the device that will run the graph does best, and what the graph is for. */
export interface Target {
  /** `fused`: one operator that never holds the token × token matrix; `plain`: MatMul and Softmax, right everywhere. */
  readonly attention: 'fused' | 'plain'
  /** Whether rows are picked from a table of 16-bit floats as it is stored; a GPU may not know such numbers at all. */
  readonly gathersHalf: boolean
  /** Convolutions get zero channels up to a multiple of this: onnxruntime 1.30 is wrong about nine of them on WebGPU. */
  readonly channelMultiple: number
  /** Absent: zeros. */
  readonly edges?: Edges
}

/** What a graph is made of. */
export interface BuiltGraph {
  /** Names of the sizes that inputs leave free, and of those that follow from them. */
  readonly sizes: Sizes
  readonly nodes: readonly GraphNode[]
  readonly constants: readonly Constant[]
  readonly externals: readonly ExternalTensor[]
  /** Each is one of the inputs, too. */
  readonly held: readonly HeldPart[]
  readonly inputs: readonly GraphInput[]
  readonly outputs: readonly Value[]
}

/** A graph under construction. Equal nodes and constants are made once. */
export interface Graph extends BuiltGraph {
  readonly target: Target
  input(name: string, type: GraphInput['type'], dims: GraphInput['dims']): Value
  output(name: string, value: Value): void
  /** A null input is an optional one left out. */
  node(
    op: string,
    inputs: readonly (Value | null)[],
    shape: Shape,
    attributes?: GraphNode['attributes']
  ): Value
  constant(data: Float32Array | BigInt64Array, dims: Shape): Value
  /** A weight as a float32 tensor: stored in another type, it is cast when the graph runs. */
  weight(name: string, weight: Weight): Value
  /** Float32 numbers that are held in memory. */
  heldWeight(part: HeldPart): Value
  /** Rows of a weight by number, `ids` [...] → [..., width]; where possible only these are cast. */
  rows(name: string, weight: Weight, ids: Value): Value
}

/** onnx.TensorProto.DataType, as `Cast` wants it. */
export const FLOAT = 1
export const FLOAT16 = 10

export function createGraph(target: Target): Graph {
  const nodes: GraphNode[] = []
  const constants: Constant[] = []
  const externals: ExternalTensor[] = []
  const held: HeldPart[] = []
  const inputs: GraphInput[] = []
  const outputs: Value[] = []
  const known = new Map<string, Value>()
  const sizes = createSizes()

  const once = (key: string, make: () => Value): Value => {
    const found = known.get(key)
    if (found !== undefined) return found
    const made = make()
    known.set(key, made)
    return made
  }

  const stored = (name: string, weight: Weight): Value =>
    once(`weight:${name}`, () => {
      externals.push({ name, weight })
      return { name, shape: weight.shape }
    })

  const toFloat = (x: Value, { dtype }: Weight): Value =>
    dtype === 'f32' ? x : graph.node('Cast', [x], x.shape, { to: FLOAT })

  const graph: Graph = {
    target,
    sizes,
    nodes,
    constants,
    externals,
    held,
    inputs,
    outputs,
    input(name, type, dims) {
      inputs.push({ name, type, dims })
      return { name, shape: dims.map((size) => (typeof size === 'number' ? size : sizes.named(size))) }
    },
    output(name, value) {
      nodes.push({ op: 'Identity', inputs: [value.name], output: name, shape: value.shape, attributes: {} })
      outputs.push({ name, shape: value.shape })
    },
    node(op, values, shape, attributes = {}) {
      const names = values.map((value) => value?.name ?? '')
      return once(`${op}(${names.join()})${JSON.stringify(attributes)}`, () => {
        const output = `${op}_${nodes.length}`
        nodes.push({ op, inputs: names, output, shape, attributes })
        return { name: output, shape }
      })
    },
    constant(data, dims) {
      return once(`${data.constructor.name}[${dims.join()}]:${data.join()}`, () => {
        const name = `constant_${constants.length}`
        constants.push({ name, dims, data })
        return { name, shape: dims }
      })
    },
    weight: (name, weight) => toFloat(stored(name, weight), weight),
    heldWeight: (part) =>
      once(`weight:${part.name}`, () => {
        held.push(part)
        return graph.input(part.name, 'f32', part.dims)
      }),
    rows(name, weight, ids) {
      const shape = [...ids.shape, ...weight.shape.slice(1)]
      // No provider gathers 8-bit floats.
      if (!target.gathersHalf || weight.dtype.startsWith('f8'))
        return graph.node('Gather', [graph.weight(name, weight), ids], shape)
      return toFloat(graph.node('Gather', [stored(name, weight), ids], shape), weight)
    }
  }
  return graph
}
