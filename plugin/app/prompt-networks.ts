import type { ExtensionInfo } from '#protocol/extensions.ts'

/** A LoRA, hypernetwork or embedding that a prompt names; places are UTF-16 units, `to` not included. */
export interface PromptNetwork {
  readonly kind: 'lora' | 'hypernetwork' | 'embedding'
  readonly name: string
  readonly from: number
  readonly to: number
  /** As written: the one of an embedding or hypernetwork; of a LoRA one for both, or the text encoders' and the UNet's. */
  readonly weights: readonly number[]
}

const tag = /<(lora|lyco|hypernet):([^:<>]+)((?::[^:<>]*)*)>/g

/** What a prompt names, in order. Of embeddings only those in the list are known; all else is words. */
export function networksIn(
  prompt: string,
  extensions: readonly ExtensionInfo[] = []
): readonly PromptNetwork[] {
  const tags = [...prompt.matchAll(tag)].map((found): PromptNetwork => {
    const [all, kind, name = '', rest = ''] = found
    const weights = rest.split(':').slice(1).map(written)
    return {
      kind: kind === 'hypernet' ? 'hypernetwork' : 'lora',
      name: name.trim(),
      from: found.index,
      to: found.index + all.length,
      weights: weights.length === 0 ? [1] : weights.slice(0, kind === 'hypernet' ? 1 : 2)
    }
  })
  const words = embeddingsIn(prompt, extensions).filter(
    (word) => !tags.some(({ from, to }) => word.from < to && from < word.to)
  )
  return [...tags, ...words].sort((a, b) => a.from - b.from)
}

/** `te=0.5` and `unet=0.5` are weights too. What is no number counts as 1 until it is mended. */
function written(text: string): number {
  const number = Number(text.slice(text.indexOf('=') + 1))
  return text.trim() === '' || Number.isNaN(number) ? 1 : number
}

function embeddingsIn(prompt: string, extensions: readonly ExtensionInfo[]): readonly PromptNetwork[] {
  const found: PromptNetwork[] = []
  const names = extensions.filter(({ kind }) => kind === 'embedding').map(({ name }) => name)
  // Of two names that begin alike the longer one is meant.
  for (const name of names.sort((a, b) => b.length - a.length))
    for (const { from, to } of wordsIn(prompt, name)) {
      if (found.some((other) => from < other.to && other.from < to)) continue
      found.push({ kind: 'embedding', name, ...weighted(prompt, from, to) })
    }
  return found
}

const isWordSign = (sign: string): boolean => /[\p{L}\p{N}_]/u.test(sign)

/** The places of a name in a text, in any case, where it is a word of its own. */
function wordsIn(text: string, name: string): readonly { readonly from: number; readonly to: number }[] {
  const places: { from: number; to: number }[] = []
  const [inside, wanted] = [text.toLowerCase(), name.toLowerCase()]
  for (let from = inside.indexOf(wanted); from >= 0; from = inside.indexOf(wanted, from + 1)) {
    const to = from + wanted.length
    if (!isWordSign(text.charAt(from - 1)) && !isWordSign(text.charAt(to))) places.push({ from, to })
  }
  return places
}

function weighted(prompt: string, from: number, to: number): Pick<PromptNetwork, 'from' | 'to' | 'weights'> {
  const [all = '', weight] = /^\s*:\s*(-?[\d.]+)\s*\)/.exec(prompt.slice(to)) ?? []
  if (weight === undefined || prompt.charAt(from - 1) !== '(') return { from, to, weights: [1] }
  return { from: from - 1, to: to + all.length, weights: [written(weight)] }
}

/** The prompt with a network at its end, or with an embedding as a word, and with the first word that calls it forth. */
export function withNetwork(
  prompt: string,
  { kind, name, triggers }: Pick<ExtensionInfo, 'kind' | 'name' | 'triggers'>
): string {
  if (kind === 'embedding') return withWords(prompt, name)
  const [trigger] = triggers
  const words = trigger === undefined || hasWords(prompt, trigger) ? prompt : withWords(prompt, trigger)
  const separator = words === '' || /\s$/.test(words) ? '' : ' '
  return `${words}${separator}${tagOf(kind, name)}`
}

export const tagOf = (kind: ExtensionInfo['kind'], name: string): string =>
  `<${kind === 'hypernetwork' ? 'hypernet' : 'lora'}:${name}:1>`

/** Words behind a comma, before the tags at the end. */
export function withWords(prompt: string, words: string): string {
  const [tags = ''] = /(\s*<[^<>]*>)*\s*$/.exec(prompt) ?? []
  const text = prompt.slice(0, prompt.length - tags.length)
  const separator = text.trim() === '' ? '' : /,\s*$/.test(text) ? ' ' : ', '
  const rest = tags.trim() === '' ? '' : ` ${tags.trim()}`
  return `${text.trimEnd()}${separator}${words}${rest}`
}

export const hasWords = (prompt: string, words: string): boolean => wordsIn(prompt, words).length > 0

/** The prompt with other weights of a network in it; one for both, or two, as it was written. */
export function reweighed(
  prompt: string,
  { kind, name, from, to }: PromptNetwork,
  weights: readonly number[]
): string {
  const numbers = weights.map((weight) => String(Number(weight.toFixed(2))))
  const [prefix] = /^<\w+/.exec(prompt.slice(from)) ?? ['<lora']
  const text =
    kind !== 'embedding'
      ? [prefix, name, ...numbers].join(':') + '>'
      : numbers[0] === '1'
        ? wordOf(prompt, name, from)
        : `(${wordOf(prompt, name, from)}:${numbers.join('')})`
  return prompt.slice(0, from) + text + prompt.slice(to)
}

/** An embedding's name in the case that it was written in. */
function wordOf(prompt: string, name: string, from: number): string {
  const start = prompt.charAt(from) === '(' ? from + 1 : from
  return prompt.slice(start, start + name.length)
}

/** The prompt without a network; the comma or blank that parted it from the rest goes too. */
export function withoutNetwork(prompt: string, { from, to }: PromptNetwork): string {
  const before = prompt.slice(0, from).replace(/[\s,]+$/, '')
  const after = prompt.slice(to).replace(/^\s+/, '')
  if (before === '') return after.replace(/^,\s*/, '')
  return after === '' || /^,/.test(after) ? before + after : `${before}${partedBy(prompt, from)}${after}`
}

const partedBy = (prompt: string, from: number): string => (/,\s*$/.test(prompt.slice(0, from)) ? ', ' : ' ')
