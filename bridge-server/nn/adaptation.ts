import type { Value } from '../graph/graph.ts'
import { add, div, l2Norm, matmul, mul, reshape, sub, transpose } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { firstRanks } from './adapted.ts'

/** Names of the ways are LyCORIS' (Yeh et al. 2023, arXiv:2309.14859). */
export type AdaptationKind = 'lora' | 'loha' | 'lokr' | 'glora' | 'ia3' | 'oft' | 'full'

interface Change {
  readonly kind: AdaptationKind
  /** alpha / rank */
  readonly factor: number
  /** Of the layer that is changed. */
  readonly inputs: number
  /** How many ranks of a low-rank change are used; undefined: all. */
  readonly rank: number | undefined
}

/**
 * What a file adds to a layer's `weight`, the matrix [out, in · kernel], at scale 1.
 * `m` holds the layer's tensors in the file. Where these have a learnt magnitude the whole is a DoRA (arXiv:2402.09353).
 */
export function weightChange(m: Scope, weight: Value, change: Change): Value {
  const { kind, factor, inputs } = change
  const shaped = reshape(m, changes[kind](m, weight, change), [weight.shape[0] ?? 0, -1])
  const made = factor === 1 ? shaped : mul(m, shaped, factor)
  return m.has('dora_scale') ? decomposed(m, weight, made, inputs) : made
}

type Make = (m: Scope, weight: Value, change: Change) => Value

const changes: Readonly<Record<AdaptationKind, Make>> = {
  lora: (m, _, { rank }) =>
    m.has('mid')
      ? tucker(m, 'mid.weight', transposed(m, 'up.weight'), matrix(m, 'down.weight'))
      : matmul(m, firstRanks(m, matrix(m, 'up.weight'), rank, 1), matrix(m, 'down.weight')),
  loha: (m) => mul(m, product(m, 'hada_w1', 'hada_t1'), product(m, 'hada_w2', 'hada_t2')),
  lokr: (m, _, { inputs }) => {
    const w1 = m.has('lokr_w1') ? matrix(m, 'lokr_w1') : product(m, 'lokr_w1', 'lokr_t1')
    const w2 = m.has('lokr_w2') ? matrix(m, 'lokr_w2') : product(m, 'lokr_w2', 'lokr_t2')
    return kronecker(m, w1, w2, inputs)
  },
  glora,
  ia3: (m, weight, { inputs }) => {
    if (!m.has('on_input')) return mul(m, weight, m.weight('weight', { shape: [-1, 1] }))
    m.leave('on_input')
    const byInput = reshape(m, weight, [0, inputs, -1])
    return mul(m, byInput, m.weight('weight', { shape: [1, -1, 1] }))
  },
  oft,
  full: (m) => m.weight('diff')
}

const matrix = (m: Scope, name: string): Value => m.weight(name, { shape: [0, -1] })
const transposed = (m: Scope, name: string): Value => transpose(m, matrix(m, name), [1, 0])

/** `name_a` · `name_b`, or where the file has it through a Tucker core: then both are [rank, …]. */
function product(m: Scope, name: string, core: string): Value {
  if (m.has(core)) return tucker(m, core, matrix(m, `${name}_a`), matrix(m, `${name}_b`))
  return matmul(m, matrix(m, `${name}_a`), matrix(m, `${name}_b`))
}

/** Σ core[i, j, …] a[i, out] b[j, in] → [out, in, kernel] */
function tucker(m: Scope, core: string, a: Value, b: Value): Value {
  const [outer = 1, inner = 1] = m.shapeOf(core)
  const byOut = matmul(m, transpose(m, a, [1, 0]), m.weight(core, { shape: [outer, -1] }))
  const innerLast = transpose(m, reshape(m, byOut, [0, inner, -1]), [0, 2, 1])
  return transpose(m, matmul(m, innerLast, b), [0, 2, 1])
}

/** w1 [a, b] ⊗ w2 [c, d · kernel] → [a · c, b · d, kernel], of which b · d are the layer's inputs */
function kronecker(m: Scope, w1: Value, w2: Value, inputs: number): Value {
  const [a = 1, b = 1] = w1.shape
  const [c = 1] = w2.shape
  const blocks = mul(m, reshape(m, w1, [a, 1, b, 1, 1]), reshape(m, w2, [1, c, 1, inputs / b, -1]))
  return reshape(m, blocks, [a * c, inputs, -1])
}

/** W · A + B, both products; LyCORIS turned the two factors of each round when it learnt convolutions. */
function glora(m: Scope, weight: Value, { inputs }: Change): Value {
  const isNew = m.shapeOf('a1.weight')[0] === inputs
  const [left, right] = isNew ? ['1', '2'] : ['2', '1']
  const of = (name: string): Value => matrix(m, `${name}.weight`)
  const b = m.has('bm')
    ? tucker(m, 'bm.weight', transposed(m, 'b1.weight'), matrix(m, 'b2.weight'))
    : matmul(m, of(`b${left}`), of(`b${right}`))
  const inputsLast = transpose(m, reshape(m, weight, [0, inputs, -1]), [0, 2, 1])
  const a = matmul(m, matmul(m, inputsLast, of(`a${left}`)), of(`a${right}`))
  return add(m, reshape(m, transpose(m, a, [0, 2, 1]), [0, -1]), reshape(m, b, [weight.shape[0] ?? 0, -1]))
}

/** OFT turns blocks of the outputs (arXiv:2306.07280), BOFT in several stages that mix them (arXiv:2311.06243); R is orthogonal. */
function oft(m: Scope, weight: Value): Value {
  const shape = m.shapeOf('r')
  const turned =
    shape.length === 4
      ? Array.from({ length: shape[0] ?? 0 }, (_, stage) => stage).reduce(
          (w, stage) => butterfly(m, w, stage, shape),
          weight
        )
      : blocksTurned(m, transpose(m, m.weight('r'), [0, 2, 1]), weight)
  const scaled = m.has('rescale') ? mul(m, turned, m.weight('rescale', { shape: [-1, 1] })) : turned
  return sub(m, scaled, weight)
}

/** blocks [count, size, size] each times its rows of `w` [count · size, …] */
function blocksTurned(m: Scope, blocks: Value, w: Value): Value {
  const [count = 1, size = 1] = blocks.shape
  const [out = 0, width = 0] = w.shape
  return reshape(m, matmul(m, blocks, reshape(m, w, [count, size, width])), [out, width])
}

function butterfly(m: Scope, w: Value, stage: number, [, , size = 2]: readonly number[]): Value {
  const [out = 0, width = 0] = w.shape
  const half = 2 ** stage * (size / 2)
  const swapped = (x: Value, from: readonly [number, number]): Value =>
    reshape(m, transpose(m, reshape(m, x, [-1, ...from, width]), [0, 2, 1, 3]), [out, width])
  const blocks = m.weight('r', { rows: [stage, stage + 1] })
  const turned = blocksTurned(m, reshape(m, blocks, blocks.shape.slice(1)), swapped(w, [2, half]))
  return swapped(turned, [half, 2])
}

/** The changed weight with the learnt magnitude of each output, or of each input, less the weight. */
function decomposed(m: Scope, weight: Value, change: Value, inputs: number): Value {
  const whole = add(m, weight, change)
  const [rows = 0] = m.shapeOf('dora_scale')
  if (rows === weight.shape[0]) {
    const lengths = l2Norm(m, whole, [1])
    return sub(m, mul(m, whole, div(m, m.weight('dora_scale', { shape: [-1, 1] }), lengths)), weight)
  }
  const byInput = reshape(m, whole, [0, inputs, -1])
  const lengths = l2Norm(m, byInput, [0, 2])
  const scaled = mul(m, byInput, div(m, m.weight('dora_scale', { shape: [1, -1, 1] }), lengths))
  return sub(m, reshape(m, scaled, [0, -1]), weight)
}
