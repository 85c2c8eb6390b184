import type { Tensor } from '../tensor/tensor.ts'
import type { TextEncoderPart } from '../weights/checkpoint.ts'
import type { Embedding as EmbeddingFile, Lora } from '../weights/extensions/extension.ts'
import type { NamedEmbedding, Opened } from '../weights/extensions/extension-library.ts'
import { readNumbers } from '../weights/read-numbers.ts'
import type { Embedding } from './model.ts'

/** Textual inversions as text encoders take them. */
export const embeddingsFor = (
  encoders: readonly TextEncoderPart[],
  found: readonly NamedEmbedding[]
): readonly Embedding[] =>
  found.map((each) => ({
    name: each.name,
    open: async () => vectorsFor(encoders, (await each.open()).content)
  }))

/** The textual inversions that lie in a LoRA's file. */
export const bundledIn = ({ stamp, content }: Opened<Lora>): readonly NamedEmbedding[] =>
  [...content.embeddings].map(([name, embedding]) => ({
    name,
    open: () => Promise.resolve({ name, stamp, content: embedding })
  }))

async function vectorsFor(
  encoders: readonly TextEncoderPart[],
  { vectors }: EmbeddingFile
): Promise<readonly Tensor[] | null> {
  const widths = encoders.map(
    ({ weights }) => weights.get('text_model.embeddings.token_embedding.weight')?.shape[1]
  )
  // The refiner's encoder is the second of XL's.
  const own = vectors.slice(encoders.length === 1 ? -1 : 0)
  if (own.length !== widths.length || own.some(({ shape }, i) => shape[1] !== widths[i])) return null
  return Promise.all(
    own.map(async (weight) => ({ data: Float32Array.from(await readNumbers(weight)), dims: weight.shape }))
  )
}
