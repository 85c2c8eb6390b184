import { assert } from '../errors.ts'
import { zeros, type Tensor } from '../tensor/tensor.ts'
import { commaToken, layOut, tokenizeParts, type Chunk, type ChunkShape } from './chunks.ts'
import { embeddingFinder, type EmbeddingFinder, type PromptEmbedding } from './embeddings.ts'
import { emphasize, partsOf, type EmphasisMode } from './emphasis.ts'
import { parseComposition } from './grammar/composition.ts'
import { scheduleOf, type ScheduledText } from './grammar/schedule.ts'
import type { OpenTokenizer, Tokenizer } from './tokenizer.ts'

/** What a prompt needs of a text encoder; the runtime's `TextEncoder` is one. */
export interface TextEncoder extends ChunkShape {
  /** Folder of the vocabulary, or null for CLIP's own. */
  readonly tokenizerFolder: string | null
  /** How many tokens there are; greater ids are rows of `vectors`. */
  readonly vocabulary: number
  /** `ids`: n chunks → [n, length, width], and where the encoder has it [n, width] at the end token. */
  encode(
    ids: readonly Int32Array[],
    clipSkip?: number,
    vectors?: Tensor
  ): Promise<{ readonly hidden: Tensor; readonly pooled: Tensor | null }>
}

/** A text encoder with its vocabulary. */
export interface PromptEncoder {
  readonly encoder: TextEncoder
  readonly tokenizer: Tokenizer
  /** Absent: names of embeddings are words. */
  readonly embeddings?: EmbeddingFinder
}

/** A prompt as a UNet takes it. */
export interface EncodedPrompt {
  /** [1, tokens, width]: all chunks behind one another; XL's two encoders side by side in the width. */
  readonly context: Tensor
  /** [1, width] of the first chunk, without emphasis; null where no encoder gives one. */
  readonly pooled: Tensor | null
}

export interface WeightedPrompt extends EncodedPrompt {
  /** Share of this part in the guidance; 1 where the prompt says nothing, and may be negative. */
  readonly weight: number
}

/** A prompt over the steps of a sampler. */
export interface Conditioning {
  /**
   * The AND-parts for the sampler's `call`th call of the denoiser, counted from 0; never empty. Their contexts may
   * differ in length, and a context tensor that serves several calls is the same object in all of them.
   */
  at(call: number): readonly WeightedPrompt[]
}

interface EncodeOptions {
  /** 1 is the last layer; left out, what the family does. */
  readonly clipSkip?: number | undefined
  readonly emphasis?: EmphasisMode | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ConditionOptions extends EncodeOptions {
  /** Denoiser calls the schedule is made for: the steps, twice as many for samplers that call twice a step. */
  readonly steps: number
  /** Steps of the first pass, where this is a second one. */
  readonly firstPassSteps?: number | undefined
  /** A negative prompt knows no AND and no weight at its end. */
  readonly negative?: boolean | undefined
  /** XL's negative prompt: where there is no text in any step, context and pooled are zeros. */
  readonly zeroWhenEmpty?: boolean | undefined
}

/** Opens the vocabulary of each encoder. Throws what `openTokenizer` throws. */
export const promptEncoders = (
  encoders: readonly TextEncoder[],
  open: OpenTokenizer,
  embeddings: readonly PromptEmbedding[] = []
): Promise<readonly PromptEncoder[]> =>
  Promise.all(
    encoders.map(async (encoder, index) => {
      const tokenizer = await open(encoder.tokenizerFolder)
      const { vocabulary } = encoder
      const finder = await embeddingFinder(embeddings, { tokenizer, index, vocabulary })
      return { encoder, tokenizer, embeddings: finder }
    })
  )

/**
 * Encodes a prompt for all steps, each distinct text once. Network tags must be out of it already (`extractNetworks`),
 * because they change the encoders; here they would be words.
 */
export async function conditionPrompt(
  encoders: readonly PromptEncoder[],
  prompt: string,
  options: ConditionOptions
): Promise<Conditioning> {
  const { steps, firstPassSteps, negative = false } = options
  const encoded = new Map<string, EncodedPrompt>()
  const parts: { weight: number; schedule: readonly ScheduledText[] }[] = []
  for (const { text, weight } of negative ? [{ text: prompt, weight: 1 }] : parseComposition(prompt)) {
    const schedule = scheduleOf(text, steps, firstPassSteps === undefined ? {} : { firstPassSteps })
    for (const { text: scheduled } of schedule)
      if (!encoded.has(scheduled)) encoded.set(scheduled, await encodePrompt(encoders, scheduled, options))
    parts.push({ weight, schedule })
  }
  const nothing = encoded.get('')
  if (options.zeroWhenEmpty === true && nothing !== undefined && encoded.size === 1)
    encoded.set('', zeroed(nothing))
  return {
    at: (call) => parts.map(({ weight, schedule }) => ({ weight, ...encoded.get(textAt(schedule, call))! }))
  }
}

/** As in the web UI the first text serves calls beyond the last step, which adaptive samplers make. */
const textAt = (schedule: readonly ScheduledText[], call: number): string =>
  (schedule.find(({ until }) => call <= until) ?? schedule[0]!).text

/** Encodes one text, after editing and alternation. */
export async function encodePrompt(
  encoders: readonly PromptEncoder[],
  text: string,
  { clipSkip, emphasis = 'Original', signal }: EncodeOptions = {}
): Promise<EncodedPrompt> {
  const contexts: Tensor[] = []
  let pooled: Tensor | null = null
  for (const prompted of encoders) {
    signal?.throwIfAborted()
    const { chunks, vectors } = await chunksOf(prompted, text, emphasis)
    const output = await prompted.encoder.encode(
      chunks.map(({ ids }) => ids),
      clipSkip,
      vectors
    )
    const weights = chunks.map((chunk) => chunk.weights)
    contexts.push(joinedChunks(emphasize(output.hidden, weights, emphasis)))
    if (output.pooled !== null) pooled = firstRow(output.pooled)
  }
  return { context: sideBySide(contexts), pooled }
}

async function chunksOf(
  { encoder, tokenizer, embeddings }: PromptEncoder,
  text: string,
  emphasis: EmphasisMode
): Promise<{ readonly chunks: readonly Chunk[]; readonly vectors: Tensor | undefined }> {
  const parts = await tokenizeParts(tokenizer, partsOf(text, emphasis))
  const named = await embeddings?.namedIn(parts)
  const { chunks } = layOut(parts, await commaToken(tokenizer), encoder, named)
  return { chunks, vectors: named?.vectors }
}

/** [n, length, width] → [1, n · length, width]. */
function joinedChunks({ data, dims }: Tensor): Tensor {
  const [n = 0, length = 0, width = 0] = dims
  return { data, dims: [1, n * length, width] }
}

function firstRow({ data, dims }: Tensor): Tensor {
  const width = dims.at(-1) ?? 0
  return { data: data.slice(0, width), dims: [1, width] }
}

/** [1, tokens, a] and [1, tokens, b] → [1, tokens, a + b]. */
function sideBySide(contexts: readonly Tensor[]): Tensor {
  const [only] = contexts
  assert(only !== undefined, 'a model without text encoders got a prompt')
  if (contexts.length === 1) return only
  const tokens = only.dims[1] ?? 0
  assert(
    contexts.every(({ dims }) => dims[1] === tokens),
    `the text encoders gave ${contexts.map(({ dims }) => dims[1] ?? 0).join(' and ')} tokens`
  )
  const widths = contexts.map(({ dims }) => dims[2] ?? 0)
  const result = zeros([1, tokens, widths.reduce((sum, width) => sum + width, 0)])
  let at = 0
  for (let token = 0; token < tokens; token++)
    contexts.forEach(({ data }, index) => {
      const width = widths[index]!
      result.data.set(data.subarray(token * width, (token + 1) * width), at)
      at += width
    })
  return result
}

const zeroed = ({ context, pooled }: EncodedPrompt): EncodedPrompt => ({
  context: zeros(context.dims),
  pooled: pooled === null ? null : zeros(pooled.dims)
})
