import { FLOAT, FLOAT16, type BuiltGraph, type GraphNode, type Value } from './graph.ts'
import { DYNAMIC } from './shape.ts'

export interface FreeFloat extends Value {
  readonly dtype: 'f32' | 'f16'
}

/**
 * The floats that nodes make whose shapes have free sizes, all of them named. onnxruntime loses these names in reshapes,
 * and then plans the sharing of buffers among tensors of which none seems to be like another, in a time that grows with the square
 * of the nodes: 0.25 s for SD 1.5's UNet, seconds with LoRAs.
 */
export function freeFloats({ nodes, inputs, constants, externals }: BuiltGraph): readonly FreeFloat[] {
  const dtypes = new Map<string, FreeFloat['dtype'] | null>([
    ...inputs.map(({ name, type }) => [name, type === 'f32' ? type : null] as const),
    ...constants.map(
      ({ name, data }) =>
        [name, data instanceof Float32Array ? 'f32' : data instanceof Uint16Array ? 'f16' : null] as const
    ),
    ...externals.map(
      ({ name, weight: { dtype } }) => [name, dtype === 'f32' || dtype === 'f16' ? dtype : null] as const
    )
  ])
  return nodes.flatMap((node) => {
    const { output: name, shape } = node
    const dtype = dtypeMade(node, dtypes)
    dtypes.set(name, dtype)
    return dtype !== null && shape.some((size) => size < 0) && !shape.includes(DYNAMIC)
      ? [{ name, shape, dtype }]
      : []
  })
}

/** What a node makes: most make numbers of the type that they are given. */
function dtypeMade(
  { op, inputs, attributes }: GraphNode,
  dtypes: ReadonlyMap<string, FreeFloat['dtype'] | null>
): FreeFloat['dtype'] | null {
  if (op === 'Cast') return attributes.to === FLOAT ? 'f32' : attributes.to === FLOAT16 ? 'f16' : null
  if (NEVER_FLOAT.has(op)) return null
  return dtypes.get(inputs[op === 'Where' ? 1 : 0] ?? '') ?? null
}

const NEVER_FLOAT: ReadonlySet<string> = new Set(['Shape', 'ArgMax', 'Equal', 'GreaterOrEqual'])
