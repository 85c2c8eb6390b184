/** A text and what is selected in it, in UTF-16 units; a cursor is a selection of no length. */
export interface EditedText {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** A stretch of a prompt that has one weight, with the signs that say so. */
interface Weighted {
  /** Of the brackets and the weight too. */
  readonly from: number
  readonly to: number
  /** What is weighted. */
  readonly start: number
  readonly end: number
  readonly weight: number
  /** `<lora:name:0.8>` keeps its weight at 1; words lose their brackets. */
  readonly isTag: boolean
}

const STEP = 0.1
/** Weights of networks are changed more finely, as in the web UI. */
const TAG_STEP = 0.05

/**
 * Raises (+1) or lowers (−1) the weight of the selection, else of the brackets or the word at the cursor, in the web UI's
 * language: `word` becomes `(word:1.1)`, `(word:1.1)` becomes `(word:1.2)`, and brackets go where the weight is 1 again.
 * What was weighted is selected afterwards. Null where there is nothing to weigh.
 */
export function reweighted({ text, start, end }: EditedText, direction: 1 | -1): EditedText | null {
  const found = start === end ? (bracketsAt(text, start) ?? wordAt(text, start)) : chosen(text, start, end)
  if (found === null) return null
  const step = found.isTag ? TAG_STEP : STEP
  // Twelve digits take the rest of binary fractions away and leave what a person wrote.
  const weight = Number((found.weight + direction * step).toPrecision(12))
  const inner = text.slice(found.start, found.end)
  const written = Number.isInteger(weight) ? weight.toFixed(1) : String(weight)
  const [before, after] = found.isTag ? ['<', '>'] : ['(', ')']
  const isPlain = weight === 1 && !found.isTag
  const put = isPlain ? inner : `${before}${inner}:${written}${after}`
  const at = found.from + (isPlain ? 0 : 1)
  return {
    text: text.slice(0, found.from) + put + text.slice(found.to),
    start: at,
    end: at + inner.length
  }
}

/** The selection without spaces at its ends, together with the brackets that are right around it. */
function chosen(text: string, start: number, end: number): Weighted | null {
  const inner = text.slice(start, end)
  const from = start + (inner.length - inner.trimStart().length)
  const to = start + inner.trimEnd().length
  if (to <= from) return null
  return bracketsAround(text, from, to) ?? plain(from, to)
}

const plain = (start: number, end: number): Weighted => ({
  from: start,
  to: end,
  start,
  end,
  weight: 1,
  isTag: false
})

const delimiter = /[\s.,\\/!?%^*;:{}=`~()[\]|<>]/

function wordAt(text: string, cursor: number): Weighted | null {
  let [start, end] = [cursor, cursor]
  while (start > 0 && !delimiter.test(text.charAt(start - 1))) start--
  while (end < text.length && !delimiter.test(text.charAt(end))) end++
  if (start === end) return null
  return bracketsAround(text, start, end) ?? plain(start, end)
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '<': '>' }

/** The innermost brackets around the cursor, where nothing else is bracketed inside them. */
function bracketsAt(text: string, cursor: number): Weighted | null {
  const open = lastSign(text.slice(0, cursor))
  const close = firstSign(text.slice(cursor))
  if (open === null || close === null || closing[open.sign] !== close.sign) return null
  const [start, end] = [open.at + 1, cursor + close.at]
  const inside = text.slice(start, end)
  if (inside.trim() === '') return null
  const weight = weightAtEnd.exec(inside)
  return bracketsAround(text, start, weight === null ? end : start + weight.index)
}

const signs = /\\[\s\S]|[()[\]<>]/g

const lastSign = (text: string) => bracketsIn(text).at(-1) ?? null
const firstSign = (text: string) => bracketsIn(text)[0] ?? null
const bracketsIn = (text: string) =>
  [...text.matchAll(signs)]
    .filter(({ 0: sign }) => !sign.startsWith('\\'))
    .map(({ 0: sign, index }) => ({ sign, at: index }))

const weightAtEnd = /:\s*[-+]?(\d+\.?\d*|\.\d+)\s*$/
const weightHere = /^:\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*([)>])/
const tagStart = /<[\p{L}\p{N}_]+:[^<>]*$/u

/** What is right around from `start` to `end`, or null where that has no brackets of its own. */
function bracketsAround(text: string, start: number, end: number): Weighted | null {
  const before = text.charAt(start - 1)
  if (isEscaped(text, start - 1)) return null
  const [all = '', number, close] = weightHere.exec(text.slice(end)) ?? []
  if (number !== undefined && close === closing[before]) {
    const isTag = before === '<'
    if (isTag && !tagStart.test(text.slice(0, end))) return null
    return { from: start - 1, to: end + all.length, start, end, weight: Number(number), isTag }
  }
  return barePairs(text, start, end)
}

/** `((word))` and `[[word]]`: as many pairs as there are, 1.1 or 1 / 1.1 each, rounded to a tenth as in the web UI. */
function barePairs(text: string, start: number, end: number): Weighted | null {
  const open = text.charAt(start - 1)
  if (open !== '(' && open !== '[') return null
  // Editing and alternation have brackets of their own.
  if (open === '[' && /[:|]/.test(text.slice(start, end))) return null
  let pairs = 0
  while (
    text.charAt(start - pairs - 1) === open &&
    text.charAt(end + pairs) === closing[open] &&
    !isEscaped(text, start - pairs - 1)
  )
    pairs++
  if (pairs === 0) return null
  const weight = (open === '(' ? 1.1 : 1 / 1.1) ** pairs
  return {
    from: start - pairs,
    to: end + pairs,
    start,
    end,
    weight: Number((Math.round(weight / STEP) * STEP).toPrecision(12)),
    isTag: false
  }
}

/** A sign behind an odd number of backslashes is text. */
function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (at - backslashes > 0 && text.charAt(at - backslashes - 1) === '\\') backslashes++
  return backslashes % 2 === 1
}
