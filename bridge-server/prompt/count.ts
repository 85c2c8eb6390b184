import { commaToken, layOut, tokenizeParts, type ChunkShape } from './chunks.ts'
import type { PromptEncoder } from './conditioning.ts'
import { parseAttention } from './grammar/attention.ts'
import { parseComposition } from './grammar/composition.ts'
import { extractNetworks } from './grammar/networks.ts'
import { scheduleOf } from './grammar/schedule.ts'

interface TokenCount {
  readonly tokens: number
  readonly chunks: number
  /** Tokens that fit into one chunk. */
  readonly chunkSize: number
}

/**
 * How long a prompt is for an encoder, in the way the panel shows it: the longest of the texts that `steps` steps would
 * use, network tags left out, embeddings by their vectors, chunks before the last one counted as full.
 */
export async function countTokens(
  { encoder, tokenizer, embeddings }: Omit<PromptEncoder, 'encoder'> & { readonly encoder: ChunkShape },
  prompt: string,
  steps: number
): Promise<TokenCount> {
  const comma = await commaToken(tokenizer)
  const texts = new Set(
    parseComposition(extractNetworks(prompt).prompt).flatMap(({ text }) =>
      scheduleOf(text, steps).map((scheduled) => scheduled.text)
    )
  )
  let longest = { tokens: 0, chunks: 1 }
  for (const text of texts) {
    const parts = await tokenizeParts(tokenizer, parseAttention(text))
    const { chunks, tokenCount } = layOut(parts, comma, encoder, await embeddings?.namedIn(parts))
    if (tokenCount > longest.tokens) longest = { tokens: tokenCount, chunks: chunks.length }
  }
  return { ...longest, chunkSize: encoder.length - 2 }
}
