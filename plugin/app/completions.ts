import type { ExtensionInfo } from '#protocol/extensions.ts'
import { hasWords, networksIn, tagOf } from './prompt-networks.ts'

/** What may stand at the cursor instead of the signs from…to of the text. */
export interface Completions {
  readonly from: number
  readonly to: number
  readonly options: readonly Completion[]
}

export interface Completion {
  /** What is put there. */
  readonly text: string
  readonly label: string
  readonly kind: ExtensionInfo['kind'] | 'trigger'
}

/** Longest list. */
const MOST = 8
/** Signs of a word before anything is offered for it. */
const LEAST = 2

/**
 * What begins at the cursor: networks behind `<` or `<lora:`, else embeddings, and trigger words of the LoRAs in the prompt.
 * `extensions` are those that may be offered; a negative prompt has no networks.
 */
export function completionsAt(
  text: string,
  cursor: number,
  extensions: readonly ExtensionInfo[],
  isNegative: boolean
): Completions | null {
  const before = text.slice(0, cursor)
  const tag = /<(?:(lora|lyco|hypernet):)?([^<>:,\n]*)$/.exec(before)
  const found =
    tag === null
      ? isInWord(text, cursor)
        ? null
        : wordCompletions(before, text, extensions)
      : isNegative
        ? null
        : tagCompletions(tag, text, cursor, extensions)
  return found === null || found.options.length === 0 ? null : found
}

const isInWord = (text: string, cursor: number): boolean => /[\p{L}\p{N}_]/u.test(text.charAt(cursor))

function tagCompletions(
  { index, 1: written, 2: name = '' }: RegExpExecArray,
  text: string,
  cursor: number,
  extensions: readonly ExtensionInfo[]
): Completions | null {
  if (written === undefined && name === '') return null
  const wanted =
    written === undefined ? ['lora', 'hypernetwork'] : [written === 'hypernet' ? 'hypernetwork' : 'lora']
  const [rest = ''] = /^[^<>,\s]*>/.exec(text.slice(cursor)) ?? []
  const matching = best(
    extensions.filter(({ kind }) => wanted.includes(kind)),
    // `<lor` is the beginning of a kind, too.
    written === undefined && 'lora'.startsWith(name.toLowerCase()) ? '' : name,
    (extension) => extension.name
  )
  return {
    from: index,
    to: cursor + rest.length,
    options: matching.map(({ kind, name: label }) => ({ text: tagOf(kind, label), label, kind }))
  }
}

function wordCompletions(
  before: string,
  text: string,
  extensions: readonly ExtensionInfo[]
): Completions | null {
  const [segment = ''] = /[^,()[\]{}<>:|\n]*$/.exec(before) ?? []
  const written = segment.trimStart()
  const words = [...wordEnds(written)].filter((word) => word.length >= LEAST)
  const embeddings = extensions
    .filter(({ kind }) => kind === 'embedding')
    .map(({ name }): Completion => ({ text: name, label: name, kind: 'embedding' }))
  const options = [...triggersOf(text, extensions), ...embeddings]
  for (const word of words) {
    const matching = best(options, word, ({ label }) => label).filter(({ label }) => label !== word)
    if (matching.length > 0)
      return { from: before.length - word.length, to: before.length, options: matching }
  }
  return null
}

/** The end of a text from each of its words on, the longest first: `a red c`, `red c`, `c`. */
function* wordEnds(text: string): Generator<string> {
  if (text !== '') yield text
  for (const { index } of text.matchAll(/\s+(?=\S)/g)) yield text.slice(index).trimStart()
}

function triggersOf(text: string, extensions: readonly ExtensionInfo[]): readonly Completion[] {
  const used = networksIn(text).map(({ name }) => name.toLowerCase())
  return extensions
    .filter(({ kind, name }) => kind === 'lora' && used.includes(name.toLowerCase()))
    .flatMap(({ triggers }) => triggers)
    .filter((trigger) => !hasWords(text, trigger))
    .map((trigger) => ({ text: trigger, label: trigger, kind: 'trigger' }))
}

/** Those whose name starts with what is written first, then those that hold it. */
function best<T>(items: readonly T[], written: string, nameOf: (item: T) => string): readonly T[] {
  const wanted = written.toLowerCase()
  const rank = (item: T): number => nameOf(item).toLowerCase().indexOf(wanted)
  return items
    .filter((item) => rank(item) >= 0)
    .sort((a, b) => Number(rank(a) > 0) - Number(rank(b) > 0) || nameOf(a).localeCompare(nameOf(b)))
    .slice(0, MOST)
}
