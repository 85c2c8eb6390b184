import type { Tensor } from '../tensor/tensor.ts'
import { parseAttention, type Part } from './grammar/attention.ts'

/**
 * What emphasis does, by the web UI's names.
 * None: brackets are text. Ignore: brackets go, without effect. Original: hidden states times the weights, then their mean
 * restored. No norm: without the mean.
 */
export type EmphasisMode = 'None' | 'Ignore' | 'Original' | 'No norm'

export const partsOf = (text: string, mode: EmphasisMode): readonly Part[] =>
  mode === 'None' ? [{ text, weight: 1 }] : parseAttention(text)

/**
 * Applies the weights of tokens to hidden states [n, length, width]; `weights` has `length` numbers for each chunk.
 * The mean is over all tokens and channels of one chunk of one encoder. It is left alone where it became 0, for nothing
 * restores it then.
 */
export function emphasize(hidden: Tensor, weights: readonly Float32Array[], mode: EmphasisMode): Tensor {
  if (mode === 'None' || mode === 'Ignore') return hidden
  const [, length = 0, width = 0] = hidden.dims
  const data = hidden.data.slice()
  weights.forEach((chunkWeights, index) => {
    if (chunkWeights.every((weight) => weight === 1)) return
    const chunk = data.subarray(index * length * width, (index + 1) * length * width)
    const before = meanOf(chunk)
    for (let i = 0; i < chunk.length; i++) chunk[i]! *= chunkWeights[Math.floor(i / width)]!
    const after = meanOf(chunk)
    if (mode === 'No norm' || after === 0) return
    const ratio = before / after
    for (let i = 0; i < chunk.length; i++) chunk[i]! *= ratio
  })
  return { data, dims: hidden.dims }
}

const meanOf = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
