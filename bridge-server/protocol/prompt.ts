import { Integer, List, Struct, Text, type Static } from './schema.ts'

/** `POST /api/prompt`: how a model would read these prompts. */
export const PromptQuestion = Struct(
  {
    /** A model's id in the catalogue. */
    model: Text({ minLength: 1, maxLength: 512 }),
    prompt: Text({ maxLength: 20_000 }),
    negativePrompt: Text({ maxLength: 20_000 }),
    /** Steps that schedules such as `[a:b:0.5]` are made for. */
    steps: Integer({ minimum: 1, maximum: 150 })
  },
  { additionalProperties: false }
)
export type PromptQuestion = Static<typeof PromptQuestion>

/** Something odd in a prompt at the UTF-16 units from…to (`to` not included). It never stops a generation. */
export const PromptProblem = Struct({
  from: Integer({ minimum: 0 }),
  to: Integer({ minimum: 0 }),
  /** What it means for the picture, and how to write what may be meant; whole sentences. */
  message: Text()
})
export type PromptProblem = Static<typeof PromptProblem>

/** How one prompt is read. */
export const PromptReading = Struct({
  /** Of the longest text that a step uses; a chunk before the last one counts as full. */
  tokens: Integer({ minimum: 0 }),
  chunks: Integer({ minimum: 1 }),
  /** Tokens that fit into one chunk: 75 for CLIP. */
  chunkTokens: Integer({ minimum: 1 }),
  problems: List(PromptProblem)
})
export type PromptReading = Static<typeof PromptReading>

/** The answer to a PromptQuestion. */
export const PromptReport = Struct({ prompt: PromptReading, negativePrompt: PromptReading })
export type PromptReport = Static<typeof PromptReport>
