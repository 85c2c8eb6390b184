import { AppError } from '../errors.ts'
import type { Attribute, Value } from '../graph/graph.ts'
import { add, gelu, mul, relu, silu, sub } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { layerNorm, linear } from './layers.ts'

/** A hypernetwork in the graph. */
export interface Hypernetwork {
  /** Its networks before to_k and to_v for a width; null: it leaves that width alone. */
  at(width: number): readonly [keys: Scope, values: Scope] | null
  /** As the web UI names it. */
  readonly activation: string
  readonly activateOutput: boolean
  /** One number, known when the graph runs. */
  readonly scale: Value
}

/** The web UI's apply_hypernetworks: what keys and values are made from, one hypernetwork after the other. */
export function throughHypernetworks(
  m: Scope,
  context: Value,
  width: number,
  hypernetworks: readonly Hypernetwork[]
): readonly [forKeys: Value, forValues: Value] {
  let [forKeys, forValues] = [context, context]
  for (const hypernetwork of hypernetworks) {
    const both = hypernetwork.at(width)
    if (both === null) continue
    const [keys, values] = both
    forKeys = add(m, forKeys, mul(m, network(keys, forKeys, hypernetwork), hypernetwork.scale))
    forValues = add(m, forValues, mul(m, network(values, forValues, hypernetwork), hypernetwork.scale))
  }
  return [forKeys, forValues]
}

/**
 * The web UI's HypernetworkModule: linear layers, each but the last activated, with layer norms behind them or not. PReLU is the one
 * activation with a tensor, and so a layer of its own.
 */
function network(m: Scope, x: Value, { activation, activateOutput }: Hypernetwork): Value {
  const layers = m.each('linear')
  const isLinear = (layer: Scope): boolean => layer.shapeOf('weight').length === 2
  const last = layers.findLastIndex(isLinear)
  return layers.reduce((h, layer, i) => {
    if (!isLinear(layer)) return layer.has('bias') ? layerNorm(layer, h) : prelu(layer, h)
    const y = linear(layer, h)
    return i < last || activateOutput ? activate(m, y, activation) : y
  }, x)
}

/** torch.nn.PReLU with one slope for all. */
const prelu = (m: Scope, x: Value): Value => m.graph.node('PRelu', [x, m.weight('weight')], x.shape)

type Activation = (m: Scope, x: Value) => Value

const operator =
  (op: string, attributes: Readonly<Record<string, Attribute>> = {}): Activation =>
  (m, x) =>
    m.graph.node(op, [x], x.shape, attributes)

const clip =
  (low: number, high: number): Activation =>
  (m, x) => {
    const bounds = [low, high].map((bound) => m.graph.constant(Float32Array.of(bound), []))
    return m.graph.node('Clip', [x, ...bounds], x.shape)
  }

/** Names as in the web UI's table, where “swish” is torch's Hardswish; the others are torch.nn's classes in lower case. */
const activations: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  none: (_, x) => x,
  prelu: (_, x) => x,
  relu,
  gelu,
  silu,
  leakyrelu: operator('LeakyRelu', { alpha: { float: 0.01 } }),
  // Its slope is random in training and their mean after it.
  rrelu: operator('LeakyRelu', { alpha: { float: (1 / 8 + 1 / 3) / 2 } }),
  elu: operator('Elu'),
  celu: operator('Celu'),
  selu: operator('Selu'),
  swish: operator('HardSwish'),
  hardswish: operator('HardSwish'),
  hardsigmoid: operator('HardSigmoid', { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  sigmoid: operator('Sigmoid'),
  tanh: operator('Tanh'),
  mish: operator('Mish'),
  softplus: operator('Softplus'),
  softsign: operator('Softsign'),
  softshrink: operator('Shrink', { lambd: { float: 0.5 }, bias: { float: 0.5 } }),
  hardshrink: operator('Shrink', { lambd: { float: 0.5 }, bias: { float: 0 } }),
  hardtanh: clip(-1, 1),
  relu6: clip(0, 6),
  tanhshrink: (m, x) => sub(m, x, operator('Tanh')(m, x)),
  logsigmoid: (m, x) => mul(m, operator('Softplus')(m, mul(m, x, -1)), -1)
}

function activate(m: Scope, x: Value, name: string): Value {
  const activation = Object.hasOwn(activations, name) ? activations[name] : undefined
  if (activation !== undefined) return activation(m, x)
  throw new AppError('model-unsupported', {
    message: `The hypernetwork has the activation “${name}”, which Marquee does not know.`,
    hint: `Known are ${Object.keys(activations).join(', ')}.`
  })
}
