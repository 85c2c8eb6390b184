import type { Weight, WeightSource } from '../../graph/weight.ts'
import { unreadable, weightSource, type TensorTable } from '../tensor-table.ts'
import type { Hypernetwork } from './extension.ts'

/** `320.0.linear.2.weight`: width, network (0 for keys, 1 for values), module, tensor. */
const tensorName = /^(\d+)\.([01])\.(?:linear\.(\d+)|linear([12]))\.(weight|bias)$/

export const isHypernetwork = ({ weights }: TensorTable): boolean =>
  [...weights.keys()].some((name) => tensorName.test(name))

interface Found {
  readonly module: number
  readonly tensor: string
  readonly weight: Weight
}

/**
 * A hypernetwork as the web UI trains and saves it. What stands between its linear layers and norms (activations, dropout) has no
 * tensors and only takes numbers, so modules are counted anew. Throws AppError 'model-unreadable'.
 */
export function readHypernetwork(table: TensorTable): Hypernetwork {
  const found = new Map<number, readonly [Found[], Found[]]>()
  for (const [name, weight] of table.weights) {
    const [, width, which, module, old, tensor] = tensorName.exec(name) ?? []
    if (width === undefined || tensor === undefined)
      throw unreadable(table.file, `a hypernetwork has no tensor “${name}”`)
    const both = found.get(Number(width)) ?? [[], []]
    found.set(Number(width), both)
    // The oldest files have linear1 and linear2.
    both[which === '0' ? 0 : 1].push({ module: Number(module ?? old), tensor, weight })
  }
  const { metadata } = table
  return {
    widths: new Map(
      [...found].map(([width, [keys, values]]) => [
        width,
        [networkOf(table, width, keys), networkOf(table, width, values)] as const
      ])
    ),
    activation: (metadata.activation_func ?? 'linear').toLowerCase(),
    activateOutput: metadata.activate_output !== 'false'
  }
}

function networkOf(table: TensorTable, width: number, tensors: readonly Found[]): WeightSource {
  const modules = [...new Set(tensors.map(({ module }) => module))].sort((a, b) => a - b)
  if (modules.length === 0) throw unreadable(table.file, `it has only one of two networks for width ${width}`)
  const named = tensors.map(
    ({ module, tensor, weight }) => [`linear.${modules.indexOf(module)}.${tensor}`, weight] as const
  )
  checkWidths(table, width, new Map(named))
  return weightSource(new Map(named))
}

/** From `width` through all layers back to `width`. */
function checkWidths(table: TensorTable, width: number, weights: ReadonlyMap<string, Weight>): void {
  let at = width
  for (let i = 0; weights.has(`linear.${i}.weight`); i++) {
    if (isSlope(weights, i)) continue
    const [out = 0, inputs = out] = weights.get(`linear.${i}.weight`)?.shape ?? []
    if (inputs !== at)
      throw unreadable(
        table.file,
        `its network for width ${width} has a layer of ${inputs} behind one of ${at}`
      )
    at = out
  }
  if (at !== width) throw unreadable(table.file, `its network for width ${width} ends with ${at}`)
}

/** A PReLU's, which takes any width. */
const isSlope = (weights: ReadonlyMap<string, Weight>, i: number): boolean =>
  weights.get(`linear.${i}.weight`)?.shape.join() === '1' && !weights.has(`linear.${i}.bias`)
