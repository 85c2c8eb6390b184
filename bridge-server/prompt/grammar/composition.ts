import type { Part } from './attention.ts'
import { parseWeight } from './number.ts'
import { splitAtWord } from './words.ts'

/**
 * Composable diffusion (Liu et al. 2022, arXiv:2206.01714): splits a prompt at AND. A number behind a colon at the end
 * of a part is its weight, 1 without one, and may be negative. Whitespace at the end of a part goes.
 */
export const parseComposition = (prompt: string): readonly Part[] =>
  splitAtWord(prompt, 'AND').map((part) => {
    const text = part.trimEnd()
    const colon = text.lastIndexOf(':')
    const weight = colon < 0 ? null : parseWeight(text.slice(colon + 1).trimStart())
    return weight === null ? { text, weight: 1 } : { text: text.slice(0, colon).trimEnd(), weight }
  })
