import type { BuiltGraph } from '../graph/graph.ts'
import { preparations } from '../graph/node-order.ts'
import { elementCount } from '../graph/shape.ts'
import type { Mode } from './session-options.ts'

/** How a network's session is opened. */
export interface Plan {
  readonly mode: Mode
  /** What it will hold, without the activations of a run. */
  readonly bytes: number
}

/** What a graph's weights come to, in bytes. */
export interface WeightBytes {
  /** All of them as float32. */
  readonly floats: number
  /** Those of them that lie in their file in another type. */
  readonly cast: number
  /** What is held in memory for it and fed at each run; parts of one tensor lie in the same memory. */
  readonly held: number
  /** What is made of weights in every run, at its most: in mode `instant`, and in the others. */
  readonly inRun: { readonly instant: number; readonly others: number }
}

export function weightBytes(graph: BuiltGraph): WeightBytes {
  const bytes = graph.externals.map(({ weight }) => ({
    ...weight,
    floats: 4 * elementCount(weight.shape)
  }))
  const sum = (list: readonly { readonly floats: number }[]): number =>
    list.reduce((total, { floats }) => total + floats, 0)
  const prepared = preparations(graph)
  return {
    floats: sum(bytes),
    cast: sum(bytes.filter(({ dtype }) => dtype !== 'f32')),
    held: graph.held.reduce((total, { span: [first, end] }) => total + 4 * (end - first), 0),
    inRun: {
      instant: buffers([...prepared.fixed, ...prepared.scaled]),
      others: buffers(prepared.scaled)
    }
  }
}

/** onnxruntime gives a buffer to the next value of the same size, so for each step of a preparation there is one of each size. */
function buffers(nodes: readonly { readonly op: string; readonly shape: readonly number[] }[]): number {
  const sizes = new Map(nodes.map(({ op, shape }) => [`${op} ${shape.join()}`, 4 * elementCount(shape)]))
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
}

export interface Circumstances {
  /** In half precision weights are used as they lie in the file. */
  readonly half: boolean
  /** Undefined: chosen here. */
  readonly wished: Mode | undefined
  /** Bytes for everything. */
  readonly room: number
}

/** The plan by size and room; where that leaves none for a run's activations, one that keeps weights mapped. */
export function planFor(
  weights: WeightBytes,
  activationBytes: number,
  { half, wished, room }: Circumstances
): Plan {
  if (half) return { mode: wished ?? 'instant', bytes: HALF_BYTES * weights.floats }
  const own = room - weights.held
  const plan = planIn(wished ?? chooseMode(weights.floats, own), weights)
  return wished !== undefined || plan.bytes + activationBytes <= own ? plan : leanestPlan(weights, wished)
}

/** The plan that holds least. */
export const leanestPlan = (weights: WeightBytes, wished: Mode | undefined): Plan =>
  planIn(wished ?? 'instant', weights)

/** Up to here the slowest preparation takes well under a second. */
const SMALL = 2 ** 29

/**
 * By size and memory alone, never by how often a model was used: modes differ in the last bits, and the same request must give
 * the same pixels again.
 */
export function chooseMode(floatBytes: number, room: number): Mode {
  if (floatBytes <= SMALL && 4 * floatBytes <= room) return 'turbo'
  return 2 * floatBytes <= room ? 'medium' : 'instant'
}

/** Of their float32 size, on a device; on the CPU they are mapped. */
const HALF_BYTES = 0.5

/** Measured on SD 1.5: packing keeps a third more than the float32 copy, which takes a little more than its size. */
function planIn(mode: Mode, { floats, cast, inRun }: WeightBytes): Plan {
  if (mode === 'turbo') return { mode, bytes: 1.35 * floats + inRun.others }
  return { mode, bytes: mode === 'medium' ? 1.15 * cast + inRun.others : inRun.instant }
}
