import type { Weight } from '../../graph/weight.ts'
import { unreadable, type TensorTable } from '../tensor-table.ts'
import type { Embedding } from './extension.ts'

/** A prompt's chunk holds so many tokens; more vectors fit nowhere. */
const mostVectors = 75

/** The vectors of XL's two text encoders have a tensor each. */
const pair = ['clip_l', 'clip_g'] as const

/** A1111's `.pt` and safetensors, and diffusers' file whose one tensor is called as the token. */
const single = /^(string_to_param\..+|emb_params|<.+>)$/

/** The tensors of a textual inversion, in the order of the text encoders they are for; empty: the file is none. */
function vectorsOf({ weights }: TensorTable): readonly Weight[] {
  const two = pair.flatMap((name) => weights.get(name) ?? [])
  if (two.length > 0) return two
  const named = [...weights].filter(([name]) => single.test(name)).map(([, weight]) => weight)
  if (named.length > 0) return named.slice(0, 1)
  // Programs name a lone tensor as they like.
  const [only, ...others] = [...weights.values()]
  return only !== undefined && others.length === 0 && isRows(only) ? [only] : []
}

const isRows = ({ shape }: Weight): boolean =>
  (shape.length === 1 || (shape.length === 2 && (shape[0] ?? 0) <= mostVectors)) && (shape.at(-1) ?? 0) >= 8

export const isEmbedding = (table: TensorTable): boolean => vectorsOf(table).length > 0

/** A textual inversion of any form, each tensor as [vectors, width]. Throws AppError 'model-unreadable'. */
export function readEmbedding(table: TensorTable): Embedding {
  const vectors = vectorsOf(table).map((weight) => {
    const shape = weight.shape.length === 1 ? [1, ...weight.shape] : weight.shape
    const [count = 0] = shape
    if (shape.length !== 2 || count < 1 || count > mostVectors)
      throw unreadable(table.file, `its vectors have the shape ${shape.join(' × ')}`)
    return { ...weight, shape }
  })
  if (new Set(vectors.map(({ shape }) => shape[0])).size > 1)
    throw unreadable(table.file, 'it has another number of vectors for each text encoder')
  return { vectors }
}
