import { FLOAT, type Graph, type GraphNode, type Value } from './graph.ts'
import { DYNAMIC } from './shape.ts'

/**
 * The float32 tensors that nodes make whose shapes have free sizes, all of them named. onnxruntime loses these names in reshapes,
 * and then plans the sharing of buffers among tensors of which none seems to be like another, in a time that grows with the square
 * of the nodes: 0.25 s for SD 1.5's UNet, seconds with LoRAs.
 */
export function freeFloats({ nodes, inputs, constants, externals }: Graph): readonly Value[] {
  const others = new Set([
    ...inputs.filter(({ type }) => type !== 'f32').map(({ name }) => name),
    ...constants.filter(({ data }) => data instanceof BigInt64Array).map(({ name }) => name),
    ...externals.filter(({ weight }) => weight.dtype !== 'f32').map(({ name }) => name)
  ])
  return nodes.flatMap((node) => {
    const { output: name, shape } = node
    if (!isFloat(node, others)) others.add(name)
    else if (shape.some((size) => size < 0) && !shape.includes(DYNAMIC)) return [{ name, shape }]
    return []
  })
}

/** Whether a node makes float32, as most make of the type that they are given. `others`: tensors that are not float32. */
function isFloat({ op, inputs, attributes }: GraphNode, others: ReadonlySet<string>): boolean {
  if (op === 'Cast') return attributes.to === FLOAT
  const data = inputs[op === 'Where' ? 1 : 0] ?? ''
  return !NEVER_FLOAT.has(op) && !others.has(data)
}

const NEVER_FLOAT: ReadonlySet<string> = new Set(['Shape', 'ArgMax', 'Equal', 'GreaterOrEqual'])
