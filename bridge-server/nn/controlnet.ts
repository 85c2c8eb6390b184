import type { Value } from '../graph/graph.ts'
import { add, silu } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { conv2d } from './layers.ts'
import { fusedHint, typeEmbedding, type UnionKind } from './controlnet-union.ts'
import { sequential, surroundings, type UnetConditions, type UnetOptions } from './unet-blocks.ts'

const HINT = 'input_hint_block'

/** cldm.ControlNet's input_hint_block. hint: [1, 3, 8h, 8w] in 0…1 → [1, channels, h, w], the same in every step */
export function controlHint(m: Scope, hint: Value): Value {
  for (const other of OTHERS) m.leave(other)
  const places = Array.from({ length: MOST }, (_, i) => i).filter((i) => m.has(`${HINT}.${i}`))
  return places.reduce((h, place, i) => {
    // Convolutions 2, 4 and 6 of the eight have stride 2.
    const stride = i > 0 && i < places.length - 1 && i % 2 === 0 ? 2 : 1
    const y = conv2d(m.at(HINT, place), h, { stride, padding: 1 })
    return i === places.length - 1 ? y : silu(m, y)
  }, hint)
}

/** More than any has. */
const MOST = 64
const OTHERS = [
  ...['time_embed', 'label_emb', 'input_blocks', 'zero_convs', 'middle_block', 'middle_block_out'],
  ...['task_embedding', 'transformer_layes', 'spatial_ch_projs', 'control_add_embedding']
]

interface ControlInputs {
  readonly conditions: UnetConditions
  readonly options: UnetOptions
  /** For a ControlNet of several kinds of maps; null: it is of one. */
  readonly union: UnionKind | null
}

/**
 * cldm.ControlNet.forward behind its hint block. x: [n, 4, h, w], hint: what `controlHint` made of the map → a residual for each
 * input block of the UNet and one for its middle block
 */
export function controlNet(
  m: Scope,
  x: Value,
  hint: Value,
  { conditions, options, union }: ControlInputs
): readonly Value[] {
  m.leave(HINT)
  const plain = surroundings(m, conditions, options, [])
  const around =
    union === null ? plain : { ...plain, embedding: add(m, plain.embedding, typeEmbedding(m, union)) }
  const residuals: Value[] = []
  let h = x
  for (const [i, block] of m.each('input_blocks').entries()) {
    h = sequential(block, h, around)
    if (i === 0) h = add(m, h, union === null ? hint : fusedHint(m, hint, union))
    residuals.push(conv2d(m.at('zero_convs', i, 0), h))
  }
  h = sequential(m.at('middle_block'), h, around)
  return [...residuals, conv2d(m.at('middle_block_out', 0), h)]
}
