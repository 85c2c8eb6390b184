const start = '<|startoftext|>'
const end = '<|endoftext|>'

/** How CLIP's reference cuts a text into words before byte-pair encoding. */
const words = `${escaped(start)}|${escaped(end)}|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+`

function escaped(token: string): string {
  return token.replaceAll('|', '\\|')
}

export type Merge = readonly [left: string, right: string]

/** Lines of two pieces, most frequent first; a first line that begins with # names the version. */
export const parseMerges = (text: string): readonly Merge[] =>
  text
    .split('\n')
    .filter((line, index) => line.trim() !== '' && !(index === 0 && line.startsWith('#version')))
    .map((line) => {
      const [left = '', right = ''] = line.trim().split(' ')
      return [left, right]
    })

/** CLIP's ids: the bytes as letters, the same at the end of a word, the merges in order, start and end. */
export function clipVocabulary(merges: readonly Merge[]): Readonly<Record<string, number>> {
  const letters = byteLetters()
  const pieces = [
    ...letters,
    ...letters.map((letter) => `${letter}</w>`),
    ...merges.map((merge) => merge.join('')),
    start,
    end
  ]
  return Object.fromEntries(pieces.map((piece, id) => [piece, id]))
}

/** GPT-2's visible letter for each byte: itself where it can be seen, else the next one from U+0100 on; in CLIP's order. */
function byteLetters(): readonly string[] {
  const range = (first: number, last: number): number[] =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i)
  const visible = [...range(0x21, 0x7e), ...range(0xa1, 0xac), ...range(0xae, 0xff)]
  return [...visible, ...range(0x100, 0x1ff - visible.length)].map((code) => String.fromCodePoint(code))
}

/** CLIP's tokenizer in the format of the `tokenizers` library: NFC, one space for all whitespace, lower case, byte-level BPE. */
export function clipTokenizerJson(vocabulary: unknown, merges: readonly Merge[]): string {
  const special = [start, end].map((content) => ({
    id: idOf(vocabulary, content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true
  }))
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' }
      ]
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: words }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
      ]
    },
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: end,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      byte_fallback: false,
      vocab: vocabulary,
      merges
    }
  })
}

function idOf(vocabulary: unknown, token: string): number {
  const id: unknown =
    typeof vocabulary === 'object' && vocabulary !== null
      ? Object.entries(vocabulary).find(([name]) => name === token)?.[1]
      : undefined
  if (typeof id !== 'number') throw new Error(`it has no ${token}`)
  return id
}

/** Chunking is ours to do: a tokenizer file must not cut or pad. */
export function withoutLimits(json: string): string {
  const file: unknown = JSON.parse(json)
  return typeof file === 'object' && file !== null
    ? JSON.stringify({ ...file, truncation: null, padding: null, post_processor: null })
    : json
}
