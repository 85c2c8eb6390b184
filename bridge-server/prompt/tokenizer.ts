import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Tokenizer as NativeTokenizer } from 'tokenizers'
import { AppError } from '../errors.ts'
import { clipTokenizerJson, clipVocabulary, parseMerges, withoutLimits } from './tokenizer-json.ts'

/** Text to the ids of one vocabulary. */
export interface Tokenizer {
  /** Ids without start and end token, of any length. */
  encode(text: string): Promise<Int32Array>
}

/** Opens the vocabulary of a diffusers `tokenizer` folder, or CLIP's own for null. */
export type OpenTokenizer = (folder: string | null) => Promise<Tokenizer>

const unzip = promisify(gunzip)

/**
 * Opens a vocabulary: `tokenizer.json`, else `vocab.json` and `merges.txt`, which are read by CLIP's rules. Its truncation
 * and padding are ignored. Throws AppError: 'model-incomplete' where files are missing, 'model-unreadable'.
 */
export async function openTokenizer(folder: string | null): Promise<Tokenizer> {
  let native: NativeTokenizer
  try {
    native = NativeTokenizer.fromString(folder === null ? await ownJson() : await folderJson(folder))
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(folder ?? 'CLIP', error)
  }
  return {
    encode: async (text) => {
      const encoding = await native.encode(text, null, { addSpecialTokens: false })
      return Int32Array.from(encoding.getIds())
    }
  }
}

/** `openTokenizer` that opens each vocabulary once. */
export function createTokenizers(): OpenTokenizer {
  const opened = new Map<string | null, Promise<Tokenizer>>()
  return (folder) => {
    const known = opened.get(folder)
    if (known !== undefined) return known
    const tokenizer = openTokenizer(folder)
    opened.set(folder, tokenizer)
    // A folder that is mended later may be tried again.
    tokenizer.catch(() => opened.delete(folder))
    return tokenizer
  }
}

async function ownJson(): Promise<string> {
  const zipped = await readFile(path.join(import.meta.dirname, 'clip', 'merges.txt.gz'))
  const merges = parseMerges((await unzip(zipped)).toString('utf8'))
  return clipTokenizerJson(clipVocabulary(merges), merges)
}

async function folderJson(folder: string): Promise<string> {
  const whole = await readText(folder, 'tokenizer.json')
  if (whole !== null) return withoutLimits(whole)
  const [vocabulary, merges] = await Promise.all([
    readText(folder, 'vocab.json'),
    readText(folder, 'merges.txt')
  ])
  if (vocabulary === null || merges === null)
    throw new AppError('model-incomplete', {
      message: `The folder ${path.basename(path.dirname(folder))}/${path.basename(folder)} has neither tokenizer.json nor both of vocab.json and merges.txt.`,
      hint: 'Download the tokenizer folder of this model again.'
    })
  return clipTokenizerJson(JSON.parse(vocabulary), parseMerges(merges))
}

async function readText(folder: string, name: string): Promise<string | null> {
  try {
    return await readFile(path.join(folder, name), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

const unreadable = (source: string, cause: unknown): AppError =>
  new AppError('model-unreadable', {
    message: `The vocabulary in ${path.basename(source)} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: 'Download the tokenizer folder of this model again.',
    cause
  })
