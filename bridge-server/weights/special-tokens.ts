import { existsSync } from 'node:fs'
import path from 'node:path'
import { readConfig, type Config } from './config-file.ts'

export interface SpecialTokens {
  readonly startToken: number
  readonly endToken: number
  readonly padToken: number
}

/**
 * The ids of start, end and padding. What the text encoder's config says of them is often wrong (0, 2 and 1 in SD 1.5's),
 * so the tokenizer's own files come first, then config values that can be true, then CLIP's habit: the two last ids of
 * the vocabulary, padded by the end token (OpenAI) or by 0 (OpenCLIP, which uses gelu).
 */
export async function specialTokens(config: Config, tokenizerFolder: string | null): Promise<SpecialTokens> {
  const vocabularySize = config.number('vocab_size') ?? 49408
  const named = tokenizerFolder === null ? {} : await tokenizerTokens(tokenizerFolder)
  const plausible = (key: string, wrong: number): number | undefined => {
    const id = config.number(key)
    return id === wrong ? undefined : id
  }
  const endToken = named.end ?? plausible('eos_token_id', 2) ?? vocabularySize - 1
  const habit = config.text('hidden_act') === 'gelu' ? 0 : endToken
  return {
    startToken: named.start ?? plausible('bos_token_id', 0) ?? vocabularySize - 2,
    endToken,
    padToken: named.pad ?? plausible('pad_token_id', 1) ?? habit
  }
}

/** A part's tokenizer folder, if it has what a tokenizer needs. */
export function tokenizerIn(folder: string): string | null {
  const has = (name: string): boolean => existsSync(path.join(folder, name))
  return has('tokenizer.json') || (has('vocab.json') && has('merges.txt')) ? folder : null
}

async function tokenizerTokens(
  folder: string
): Promise<{ start?: number | undefined; end?: number | undefined; pad?: number | undefined }> {
  const config = await readConfig(path.join(folder, 'tokenizer_config.json'))
  const map = await readConfig(path.join(folder, 'special_tokens_map.json'))
  const vocabulary = await readVocabulary(folder)
  const id = (key: string): number | undefined => {
    const token = tokenText(map?.raw(key)) ?? tokenText(config?.raw(key))
    return token === undefined ? undefined : vocabulary?.number(token)
  }
  return { start: id('bos_token'), end: id('eos_token'), pad: id('pad_token') }
}

async function readVocabulary(folder: string): Promise<Config | null | undefined> {
  const plain = await readConfig(path.join(folder, 'vocab.json'))
  if (plain !== null) return plain
  return (await readConfig(path.join(folder, 'tokenizer.json')))?.object('model')?.object('vocab')
}

/** Written as a text, or as an object with the text in `content`. */
function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null && 'content' in value && typeof value.content === 'string')
    return value.content
  return undefined
}
