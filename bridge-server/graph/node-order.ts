import type { BuiltGraph, GraphNode } from './graph.ts'

type Nodes = Pick<BuiltGraph, 'nodes' | 'inputs'>

/** Nodes that only prepare weights: casts, transpositions, sums with a LoRA. */
interface Preparations {
  /** From weights and constants alone. */
  readonly fixed: readonly GraphNode[]
  /** By inputs of one size, which say how strong something is. */
  readonly scaled: readonly GraphNode[]
}

export function preparations(graph: Nodes): Preparations {
  const { fixed, scaled } = sorted(graph)
  return { fixed, scaled }
}

/**
 * The nodes with those first that only prepare weights, in an order that still respects who needs whom.
 *
 * onnxruntime computes a node's inputs from the last in the list to the first. Where a weight's cast stands just before its use,
 * behind the activations that it meets, it is done before all of them are, and so are the casts of the layers before: of SD 1.5's
 * UNet 1.1 GB lay in memory as float32 at once. This way a weight is cast when its layer's turn has come, and what it lay in is
 * free for the next: 0.4 GB, and half the time.
 */
export function weightsFirst(graph: Nodes): readonly GraphNode[] {
  const { fixed, scaled, activations } = sorted(graph)
  return [...fixed, ...scaled, ...activations]
}

function sorted({ nodes, inputs }: Nodes) {
  const hasFreeSize = (dims: readonly (number | string)[]): boolean =>
    dims.some((size) => typeof size === 'string')
  const kinds = new Map<string, 'scaled' | 'activations'>(
    inputs.map(({ name, dims }) => [name, hasFreeSize(dims) ? 'activations' : 'scaled'])
  )
  const found = { fixed: [] as GraphNode[], scaled: [] as GraphNode[], activations: [] as GraphNode[] }
  for (const node of nodes) {
    const needs = node.inputs.map((name) => kinds.get(name))
    const kind = needs.includes('activations') ? 'activations' : needs.includes('scaled') ? 'scaled' : 'fixed'
    if (kind !== 'fixed') kinds.set(node.output, kind)
    found[kind].push(node)
  }
  return found
}
