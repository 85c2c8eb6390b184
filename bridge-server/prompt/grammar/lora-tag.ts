import { blockWeights, presetNames } from './block-weights.ts'
import type { NetworkTag } from './networks.ts'
import { parseWeight } from './number.ts'

/** What `<lora:name:te:unet:dyn>` asks for, its arguments by place or name. */
export interface LoraTag {
  readonly name: string
  /** Weight in the text encoders. */
  readonly text: number
  /** Weight in the UNet. */
  readonly unet: number
  /** Factors of the UNet's weight for each of its 26 blocks (`nn/unet-block-numbers.ts`); null: 1 for all. */
  readonly blocks: readonly number[] | null
  /** So many of its ranks are used at most; null: all. */
  readonly rank: number | null
}

/** What of a tag cannot be read; whole sentences. */
export interface TagProblem {
  readonly problem: string
  readonly hint: string
}

/**
 * A LoRA's tag by the web UI's rules: weights are 1 where they are not said, and the UNet's is the text encoders'. `lbw=` holds
 * weights for blocks, as its extension for them (sd-webui-lora-block-weight) writes them, of which the first is the text encoders'.
 */
export function readLoraTag({ kind, positional, named }: NetworkTag): LoraTag | TagProblem {
  const [name = '', ...others] = positional.map((argument) => argument.trim())
  const odd = Object.keys(named).find((key) => !['te', 'unet', 'dyn', 'lbw'].includes(key))
  if (odd !== undefined)
    return { problem: `“${odd}=” is nothing that a LoRA has.`, hint: 'It has te=, unet=, dyn= and lbw=.' }
  const list = named.lbw ?? others.find((argument) => argument.includes(','))
  const blocks = list === undefined ? null : blockWeights(list.trim())
  if (list !== undefined && blocks === null)
    return {
      problem: `“${list}” is no list of block weights.`,
      hint: `Write 12 (XL), 17, 20 or 26 numbers between commas, or ${presetNames.join(', ')}.`
    }
  const [te, unet, dyn] = others.filter((argument) => argument !== list)
  const numbers = [named.te ?? te, named.unet ?? unet, named.dyn ?? dyn].map(readNumber)
  const wrong = numbers.find((number) => typeof number === 'string')
  if (wrong !== undefined)
    return {
      problem: `“${wrong}” is no weight.`,
      hint: `Write a number, such as <${kind}:${name || 'name'}:0.8>.`
    }
  return {
    name,
    ...weights(
      numbers.filter((number) => typeof number !== 'string'),
      blocks
    )
  }
}

/** As it is written where it is no number; null where it is not said. */
function readNumber(written: string | undefined): number | string | null {
  if (written === undefined) return null
  return parseWeight(written.trim()) ?? written
}

function weights(
  [text = null, unet = null, rank = null]: readonly (number | null)[],
  blocks: readonly number[] | null
): Omit<LoraTag, 'name'> {
  const [base = 1, ...rest] = blocks ?? []
  const te = text ?? 1
  return {
    text: te * base,
    unet: unet ?? te,
    // What is in no block, such as the time embedding, goes by the UNet's weight alone.
    blocks: blocks === null ? null : [1, ...rest],
    rank: rank === null ? null : Math.max(0, Math.floor(rank))
  }
}
