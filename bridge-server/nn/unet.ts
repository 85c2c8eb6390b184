import { AppError } from '../errors.ts'
import type { Value } from '../graph/graph.ts'
import { addOnto, concat, silu } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import type { Hypernetwork } from './hypernetwork.ts'
import { conv2d, groupNorm } from './layers.ts'
import { sequential, surroundings, type UnetConditions, type UnetOptions } from './unet-blocks.ts'

/** What changes a UNet without being part of it. */
export interface UnetAdditions {
  readonly hypernetworks?: readonly Hypernetwork[]
  /**
   * A ControlNet's residual, [n, channels, h, w]: number i is added to the output of input block i, the one after the last to
   * the middle block's.
   */
  readonly residual?: ((index: number, channels: number) => Value) | undefined
}

/**
 * ldm.modules.diffusionmodules.openaimodel.UNetModel. x: [n, in, h, w] → [n, out, h, w], any h and w.
 * What stands at each place of `input_blocks` and its like is read from the names of the weights.
 */
export function unet(
  m: Scope,
  x: Value,
  conditions: UnetConditions,
  options: UnetOptions,
  { hypernetworks = [], residual }: UnetAdditions = {}
): Value {
  const around = surroundings(m, conditions, options, hypernetworks)
  const guided = (value: Value, index: number): Value =>
    residual === undefined ? value : addOnto(m, value, residual(index, value.shape[1] ?? 0))

  let h = x
  const skips: Value[] = []
  for (const block of m.each('input_blocks')) {
    h = sequential(block, h, around)
    skips.push(guided(h, skips.length))
  }
  h = guided(sequential(m.at('middle_block'), h, around), skips.length)
  for (const block of m.each('output_blocks')) {
    const skip = skips.pop()
    if (skip === undefined) throw unbalanced(m)
    const next = skips.at(-1)
    h = sequential(block, concat(m, [h, skip], 1), next === undefined ? around : { ...around, like: next })
  }
  if (skips.length > 0) throw unbalanced(m)
  h = silu(m, groupNorm(m.at('out', 0), h, { groups: options.normGroups }))
  return conv2d(m.at('out', 2), h, { padding: 1 })
}

const unbalanced = (m: Scope): AppError =>
  new AppError('model-incomplete', {
    message: `The UNet of this model has ${m.each('input_blocks').length} input blocks and ${m.each('output_blocks').length} output blocks; there must be as many of both.`,
    hint: 'The file may be cut off; download it again or choose another model.'
  })
