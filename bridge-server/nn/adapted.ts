import type { Value } from '../graph/graph.ts'
import { add, mul, reshape, slice } from '../graph/ops.ts'
import type { Branch, Scope } from '../graph/scope.ts'
import type { Shape } from '../graph/shape.ts'

interface Part {
  /** As for reshape. */
  readonly shape?: Shape
  /** First row and the row after the last; undefined: all. */
  readonly rows: readonly [number, number] | undefined
}

/** Products that are added beside the layer at `m`; none where one of its adaptations needs the weight that those make. */
export function branches(m: Scope): readonly Branch[] {
  const all = m.adaptations().filter(({ change }) => change !== null)
  const beside = all.flatMap(({ branch }) => branch ?? [])
  return beside.length === all.length ? beside : []
}

/** Zeros in the place of ranks from `rank` on, along an axis of `x`; x itself where it is undefined. */
export function firstRanks(m: Scope, x: Value, rank: number | undefined, axis: number): Value {
  const count = x.shape[axis] ?? 0
  if (rank === undefined || rank >= count) return x
  const mask = Float32Array.from({ length: count }, (_, i) => (i < rank ? 1 : 0))
  const shape = x.shape.map((_, i) => (i === axis ? count : 1))
  return mul(m, x, m.graph.constant(mask, shape))
}

/** The layer's weight, changed by its adaptations where they are not `branches`. */
export function layerWeight(m: Scope, { shape, rows }: Part): Value {
  const view = { ...(shape === undefined ? {} : { shape }), ...(rows === undefined ? {} : { rows }) }
  const all = m.adaptations()
  if (all.every(({ branch, change }) => branch !== null || change === null)) return m.weight('weight', view)
  const [, inputs = 1, ...kernel] = m.shapeOf('weight')
  const matrix = all.reduce<Value>(
    (weight, { change, scale }) => changed(m, weight, change && change(weight, inputs), scale),
    m.weight('weight', { shape: [0, -1] })
  )
  const part = rows === undefined ? matrix : slice(m, matrix, 0, ...rows)
  return reshape(m, part, shape ?? [0, inputs, ...kernel])
}

/** The layer's bias with what its adaptations add; null where it has none. */
export function layerBias(m: Scope, { bias, rows }: Part & { readonly bias: boolean }): Value | null {
  const own = bias ? m.weight('bias', rows === undefined ? {} : { rows }) : null
  return m.adaptations().reduce<Value | null>((sum, { bias: more, scale }) => {
    if (more === null) return sum
    const added = mul(m, rows === undefined ? more : slice(m, more, 0, ...rows), scale)
    return sum === null ? added : add(m, sum, added)
  }, own)
}

/** A norm's weight or bias with what its adaptations add. [c] → `shape` */
export function normWeight(m: Scope, name: 'weight' | 'bias', shape: Shape = [0]): Value {
  const all = m.adaptations()
  if (all.length === 0) return m.weight(name, { shape })
  const column = all.reduce<Value>(
    (weight, { change, bias, scale }) =>
      changed(
        m,
        weight,
        name === 'weight' ? change && change(weight, 1) : bias && reshape(m, bias, [0, 1]),
        scale
      ),
    m.weight(name, { shape: [0, 1] })
  )
  return reshape(m, column, shape.length === 1 ? [-1] : shape.with(0, -1))
}

const changed = (m: Scope, weight: Value, change: Value | null, scale: Value): Value =>
  change === null ? weight : add(m, weight, mul(m, change, scale))
