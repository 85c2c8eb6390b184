import { isBreak, type Part } from './grammar/attention.ts'
import type { NamedEmbeddings } from './embeddings.ts'
import type { Tokenizer } from './tokenizer.ts'

/** How far back from a full chunk a comma may lie for the words behind it to move to the next one; the web UI's default. */
const commaReach = 20

/** How an encoder wants its chunks. */
export interface ChunkShape {
  /** Positions with start and end token: 77 for CLIP. */
  readonly length: number
  readonly startToken: number
  readonly endToken: number
  /** Fills a chunk behind its end token. */
  readonly padToken: number
}

/** What the encoder reads at once. */
export interface Chunk {
  /** `length` ids: start, tokens, end, padding. */
  readonly ids: Int32Array
  /** `length` emphasis weights; 1 for start, end and padding. */
  readonly weights: Float32Array
}

/** A part with its tokens; null where it is a BREAK. */
export interface TokenPart {
  readonly ids: Int32Array | null
  readonly weight: number
}

interface Layout {
  /** At least one. */
  readonly chunks: readonly Chunk[]
  /** As the web UI counts: a chunk that is not the last counts as full. */
  readonly tokenCount: number
}

/** Tokenizes each part on its own, so two weights in one word make two words of it. */
export const tokenizeParts = (tokenizer: Tokenizer, parts: readonly Part[]): Promise<readonly TokenPart[]> =>
  Promise.all(
    parts.map(async (part) => ({
      ids: isBreak(part) ? null : await tokenizer.encode(part.text),
      weight: part.weight
    }))
  )

/** The id of a comma that is a word, which is where a full chunk may be cut. */
export const commaToken = async (tokenizer: Tokenizer): Promise<number> =>
  (await tokenizer.encode(',')).at(-1)!

interface OpenChunk {
  ids: number[]
  weights: number[]
  /** Index of its last comma, −1 without one. */
  lastComma: number
}

/**
 * Fills chunks with tokens after the web UI's rules. A BREAK closes the chunk, even an empty one. A full chunk whose last
 * comma lies near its end gives the words behind that comma to the next one. The vectors of an embedding stay
 * in one chunk.
 */
export function layOut(
  parts: readonly TokenPart[],
  comma: number,
  shape: ChunkShape,
  embeddings?: NamedEmbeddings
): Layout {
  const room = shape.length - 2
  const chunks: Chunk[] = []
  let open = emptyChunk()

  const close = (next = emptyChunk()): void => {
    chunks.push(closedChunk(open, shape))
    open = next
  }
  const makeRoom = (id: number): void => {
    if (id === comma) open.lastComma = open.ids.length
    else if (open.ids.length === room && open.lastComma >= 0 && room - open.lastComma <= commaReach)
      close(cutAfterComma(open))
    if (open.ids.length === room) close()
  }
  const add = (ids: readonly number[], weight: number): void => {
    if (open.ids.length + ids.length > room) close()
    open.ids.push(...ids)
    open.weights.push(...ids.map(() => weight))
  }
  const addPart = (ids: Int32Array, weight: number): void => {
    for (let i = 0; i < ids.length;) {
      const id = ids[i]!
      makeRoom(id)
      const found = embeddings?.at(ids, i) ?? { ids: [id], tokens: 1 }
      add(found.ids, weight)
      i += found.tokens
    }
  }

  for (const { ids, weight } of parts)
    if (ids === null) close()
    else addPart(ids, weight)

  const tokenCount = chunks.length * room + open.ids.length
  if (open.ids.length > 0 || chunks.length === 0)
    return { chunks: [...chunks, closedChunk(open, shape)], tokenCount }
  return { chunks, tokenCount }
}

const emptyChunk = (): OpenChunk => ({ ids: [], weights: [], lastComma: -1 })

/** Takes what lies behind the last comma out of a chunk. */
function cutAfterComma({ ids, weights, lastComma }: OpenChunk): OpenChunk {
  return { ids: ids.splice(lastComma + 1), weights: weights.splice(lastComma + 1), lastComma: -1 }
}

function closedChunk({ ids, weights }: OpenChunk, shape: ChunkShape): Chunk {
  const chunk = {
    ids: new Int32Array(shape.length).fill(shape.endToken),
    weights: new Float32Array(shape.length).fill(1)
  }
  chunk.ids[0] = shape.startToken
  chunk.ids.set(ids, 1)
  chunk.weights.set(weights, 1)
  // An end token that a person wrote ends the chunk too.
  if (shape.padToken !== shape.endToken) chunk.ids.fill(shape.padToken, chunk.ids.indexOf(shape.endToken) + 1)
  return chunk
}
