import { countTokens } from './prompt/count.ts'
import { problemsOf } from './prompt/problems.ts'
import type { OpenTokenizer } from './prompt/tokenizer.ts'
import type { PromptQuestion, PromptReading, PromptReport } from './protocol/prompt.ts'
import type { Checkpoint, TextEncoderPart } from './weights/checkpoint.ts'
import { assert } from './errors.ts'

interface PromptReaderParts {
  /** Opens the headers of a model. Throws AppError as Library.find. */
  readonly find: (id: string) => Promise<Checkpoint>
  readonly openTokenizer: OpenTokenizer
}

type Encoder = Parameters<typeof countTokens>[0]

/**
 * Reads prompts as a model would, without running it. Models are looked up once and then remembered: how a text encoder
 * cuts a prompt stays the same while everything else about a model may change.
 */
export function createPromptReader({ find, openTokenizer }: PromptReaderParts) {
  const encoders = new Map<string, Promise<Encoder>>()

  const encoderOf = (model: string): Promise<Encoder> => {
    const known = encoders.get(model)
    if (known !== undefined) return known
    const opening = find(model).then(async ({ textEncoders: [first] }) => {
      assert(first !== undefined, `model ${model} has no text encoder`)
      return { encoder: shapeOf(first), tokenizer: await openTokenizer(first.tokenizerFolder) }
    })
    encoders.set(model, opening)
    // A model that is mended or comes later may be asked for again.
    opening.catch(() => encoders.delete(model))
    return opening
  }

  return async ({ model, prompt, negativePrompt, steps }: PromptQuestion): Promise<PromptReport> => {
    const encoder = await encoderOf(model)
    return {
      prompt: await reading(encoder, prompt, { steps, negative: false }),
      negativePrompt: await reading(encoder, negativePrompt, { steps, negative: true })
    }
  }
}

async function reading(
  encoder: Encoder,
  text: string,
  { steps, negative }: { steps: number; negative: boolean }
): Promise<PromptReading> {
  const { tokens, chunks, chunkSize } = await countTokens(encoder, text, steps)
  const problems = problemsOf(text, negative).map((problem) => ({ ...problem }))
  return { tokens, chunks, chunkTokens: chunkSize, problems }
}

function shapeOf({ weights, startToken, endToken, padToken }: TextEncoderPart): Encoder['encoder'] {
  const [length = 0] = weights.get('text_model.embeddings.position_embedding.weight')?.shape ?? []
  return { length, startToken, endToken, padToken }
}
