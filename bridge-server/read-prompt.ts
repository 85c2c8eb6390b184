import { AppError, assert } from './errors.ts'
import { networkProblems, sentences } from './network-problems.ts'
import { countTokens } from './prompt/count.ts'
import { embeddingFinder, type PromptEmbedding } from './prompt/embeddings.ts'
import { findNetworks } from './prompt/grammar/networks.ts'
import { problemsOf } from './prompt/problems.ts'
import type { OpenTokenizer } from './prompt/tokenizer.ts'
import type { Family } from './protocol/family.ts'
import type { PromptProblem, PromptQuestion, PromptReading, PromptReport } from './protocol/prompt.ts'
import { bundledIn, embeddingsFor } from './runtime/embeddings.ts'
import type { Checkpoint, TextEncoderPart } from './weights/checkpoint.ts'
import type { ExtensionLibrary, NamedEmbedding } from './weights/extensions/extension-library.ts'

interface PromptReaderParts {
  /** Opens the headers of a model. Throws AppError as Library.find. */
  readonly find: (id: string) => Promise<Checkpoint>
  readonly openTokenizer: OpenTokenizer
  readonly extensions: Pick<ExtensionLibrary, 'list' | 'require' | 'embeddings' | 'lora'>
}

type Encoder = Parameters<typeof countTokens>[0]

/** What of a model says how prompts are read. */
interface Reader {
  readonly encoder: Encoder
  readonly textEncoders: readonly TextEncoderPart[]
  readonly vocabulary: number
  readonly family: Family
}

/**
 * Reads prompts as a model would, without running it. Models are looked up once and then remembered: how a text encoder
 * cuts a prompt stays the same while everything else about a model, and what stands beside it, may change.
 */
export function createPromptReader({ find, openTokenizer, extensions }: PromptReaderParts) {
  const readers = new Map<string, Promise<Reader>>()

  const readerOf = (model: string): Promise<Reader> => {
    const known = readers.get(model)
    if (known !== undefined) return known
    const opening = find(model).then(async ({ textEncoders, info: { family } }) => {
      const [first] = textEncoders
      assert(first !== undefined, `model ${model} has no text encoder`)
      const encoder = { encoder: shapeOf(first), tokenizer: await openTokenizer(first.tokenizerFolder) }
      const [vocabulary = 0] = first.weights.get('text_model.embeddings.token_embedding.weight')?.shape ?? []
      return { encoder, textEncoders, vocabulary, family }
    })
    readers.set(model, opening)
    // A model that is mended or comes later may be asked for again.
    opening.catch(() => readers.delete(model))
    return opening
  }

  return async ({ model, prompt, negativePrompt, steps }: PromptQuestion): Promise<PromptReport> => {
    const reader = await readerOf(model)
    const embeddings = embeddingsFor(reader.textEncoders, [
      ...(await bundledWith(prompt, extensions)),
      ...(await extensions.embeddings())
    ])
    const networks = await networkProblems(prompt, reader.family, extensions)
    return {
      prompt: await reading(reader, embeddings, { text: prompt, steps, negative: false, problems: networks }),
      negativePrompt: await reading(reader, embeddings, {
        ...{ text: negativePrompt, steps, negative: true },
        problems: []
      })
    }
  }
}

/** Embeddings that lie in the files of the LoRAs which a prompt names. Of one that cannot be opened `networkProblems` tells. */
async function bundledWith(
  prompt: string,
  extensions: Pick<ExtensionLibrary, 'lora'>
): Promise<readonly NamedEmbedding[]> {
  const bundled: NamedEmbedding[] = []
  for (const { kind, positional } of findNetworks(prompt))
    try {
      if (kind === 'lora' || kind === 'lyco')
        bundled.push(...bundledIn(await extensions.lora(positional[0]?.trim() ?? '')))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  return bundled
}

interface Written {
  readonly text: string
  readonly steps: number
  readonly negative: boolean
  /** Of what it names. */
  readonly problems: readonly PromptProblem[]
}

async function reading(
  { encoder, vocabulary }: Reader,
  embeddings: readonly PromptEmbedding[],
  { text, steps, negative, problems }: Written
): Promise<PromptReading> {
  const damaged: PromptProblem[] = []
  const finder = await embeddingFinder(
    embeddings.map((embedding) => ({
      name: embedding.name,
      async open() {
        try {
          return await embedding.open()
        } catch (error) {
          damaged.push(damage(error, embedding, text))
          return null
        }
      }
    })),
    { tokenizer: encoder.tokenizer, index: 0, vocabulary }
  )
  const { tokens, chunks, chunkSize } = await countTokens({ ...encoder, embeddings: finder }, text, steps)
  const all = [...problemsOf(text, negative), ...problems, ...damaged]
  return {
    ...{ tokens, chunks },
    chunkTokens: chunkSize,
    problems: all.map((problem) => ({ ...problem })).sort((a, b) => a.from - b.from || a.to - b.to)
  }
}

/** A file that cannot be read, where its name stands. Rethrows what is no AppError. */
function damage(error: unknown, { name }: PromptEmbedding, text: string): PromptProblem {
  if (!(error instanceof AppError)) throw error
  const from = Math.max(0, text.toLowerCase().indexOf(name.toLowerCase()))
  return { from, to: Math.min(text.length, from + name.length), message: sentences(error) }
}

function shapeOf({ weights, startToken, endToken, padToken }: TextEncoderPart): Encoder['encoder'] {
  const [length = 0] = weights.get('text_model.embeddings.position_embedding.weight')?.shape ?? []
  return { length, startToken, endToken, padToken }
}
