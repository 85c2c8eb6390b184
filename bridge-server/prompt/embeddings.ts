import type { Tensor } from '../tensor/tensor.ts'
import type { Tokenizer } from './tokenizer.ts'

/** A textual inversion by the name that stands for it in prompts. */
export interface PromptEmbedding {
  readonly name: string
  /** [vectors, width] for each text encoder; null where it was made for other encoders, and its name is but a word. */
  open(): Promise<readonly Tensor[] | null>
}

/** What takes the place of tokens: ids behind the vocabulary, each a row of vectors. */
interface Replacement {
  /** Tokens of the name. */
  readonly tokens: number
  readonly ids: readonly number[]
}

/** The embeddings that one text names. */
export interface NamedEmbeddings {
  /** What begins at a token; null: nothing does. */
  at(ids: Int32Array, position: number): Replacement | null
  /** [rows, width]; undefined where the text names none. */
  readonly vectors: Tensor | undefined
}

/** A part of a text; null where it is a BREAK. */
interface Tokens {
  readonly ids: Int32Array | null
}

/** Finds the embeddings that texts name, by the tokens of the names as the web UI does, and opens those alone. */
export interface EmbeddingFinder {
  namedIn(parts: readonly Tokens[]): Promise<NamedEmbeddings>
}

interface Entry {
  readonly name: Int32Array
  readonly embedding: PromptEmbedding
}

interface FinderParts {
  readonly tokenizer: Tokenizer
  /** Which of the model's text encoders this is for, and the size of its vocabulary. */
  readonly index: number
  readonly vocabulary: number
}

export async function embeddingFinder(
  embeddings: readonly PromptEmbedding[],
  { tokenizer, index, vocabulary }: FinderParts
): Promise<EmbeddingFinder> {
  const entries = await Promise.all(
    embeddings.map(async (embedding) => ({ name: await tokenizer.encode(embedding.name), embedding }))
  )
  // Of two names that begin alike the longer one is meant.
  const byLength = entries.filter(({ name }) => name.length > 0).sort((a, b) => b.name.length - a.name.length)
  return {
    async namedIn(parts) {
      const opened = new Map<Entry, Tensor | null>()
      const usable = (entry: Entry): boolean => opened.get(entry) !== null
      const beginning = (ids: Int32Array, position: number): Entry | undefined =>
        byLength.find((entry) => usable(entry) && startsAt(ids, position, entry.name))
      for (let next = firstUnopened(parts, beginning, opened); next !== null;) {
        opened.set(next, (await next.embedding.open())?.[index] ?? null)
        next = firstUnopened(parts, beginning, opened)
      }
      return rowsOf(opened, vocabulary, beginning)
    }
  }
}

type Beginning = (ids: Int32Array, position: number) => Entry | undefined

const startsAt = (ids: Int32Array, position: number, name: Int32Array): boolean =>
  name.every((id, i) => ids[position + i] === id)

function firstUnopened(
  parts: readonly Tokens[],
  beginning: Beginning,
  opened: ReadonlyMap<Entry, unknown>
): Entry | null {
  for (const { ids } of parts)
    for (let i = 0; ids !== null && i < ids.length; i++) {
      const entry = beginning(ids, i)
      if (entry !== undefined && !opened.has(entry)) return entry
    }
  return null
}

function rowsOf(
  opened: ReadonlyMap<Entry, Tensor | null>,
  vocabulary: number,
  beginning: Beginning
): NamedEmbeddings {
  const ids = new Map<Entry, readonly number[]>()
  const tensors: Tensor[] = []
  let rows = 0
  for (const [entry, vectors] of opened) {
    if (vectors === null) continue
    const [count = 0] = vectors.dims
    const first = vocabulary + rows
    ids.set(
      entry,
      Array.from({ length: count }, (_, i) => first + i)
    )
    tensors.push(vectors)
    rows += count
  }
  return {
    vectors: stacked(tensors),
    at(tokens, position) {
      const entry = beginning(tokens, position)
      const replacing = entry === undefined ? undefined : ids.get(entry)
      return entry === undefined || replacing === undefined
        ? null
        : { tokens: entry.name.length, ids: replacing }
    }
  }
}

function stacked(tensors: readonly Tensor[]): Tensor | undefined {
  const [first] = tensors
  if (first === undefined) return undefined
  const data = Float32Array.from(tensors.flatMap((tensor) => [...tensor.data]))
  const width = first.dims[1] ?? 0
  return { data, dims: [data.length / width, width] }
}
