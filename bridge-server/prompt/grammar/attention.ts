import { parseWeight } from './number.ts'
import { splitAtWord } from './words.ts'

/** A stretch of text with one weight. */
export interface Part {
  readonly text: string
  readonly weight: number
}

/** Separates chunks. Inside a bracket its weight is another one, and then it is only a word, as in the web UI. */
export const isBreak = ({ text, weight }: Part): boolean => text === 'BREAK' && weight === -1

const emphasis = 1.1
const relief = 1 / 1.1

/** Deeper brackets are text: 1.1 to this power is beyond float32, and the time stays linear in the length. */
const deepest = 1000

const plain = /[^\\()[\]:]+/y
const weightAtEnd = /:\s*([-+]?[\d.]+)\s*\)/y

interface Scan {
  readonly parts: { text: string; weight: number }[]
  /** For each open bracket the number of parts before it. Round and square ones may overlap. */
  readonly round: number[]
  readonly square: number[]
}

/**
 * Emphasis in a text, after the web UI's rules: `( )` times 1.1, `[ ]` divided by 1.1, `(x:1.3)` times 1.3, a backslash
 * before a bracket or backslash makes it text. Factors are multiplied from the innermost bracket outwards. What is not
 * closed acts to the end, what closes nothing is text. BREAK becomes a part of its own (see `isBreak`). Never empty.
 */
export function parseAttention(text: string): readonly Part[] {
  const scan: Scan = { parts: [], round: [], square: [] }
  let at = 0
  while (at < text.length) at += readOne(scan, text, at)
  for (const start of scan.round) multiply(scan, start, emphasis)
  for (const start of scan.square) multiply(scan, start, relief)
  return merged(scan.parts)
}

/** Reads what begins at `at` and gives its length. */
function readOne(scan: Scan, text: string, at: number): number {
  const sign = text.charAt(at)
  switch (sign) {
    case '\\':
      return readEscape(scan, text, at)
    case '(':
      return open(scan, scan.round) ? 1 : addText(scan, sign)
    case '[':
      return open(scan, scan.square) ? 1 : addText(scan, sign)
    case ')':
      return close(scan, scan.round, emphasis) ? 1 : addText(scan, sign)
    case ']':
      return close(scan, scan.square, relief) ? 1 : addText(scan, sign)
    case ':':
      return readWeight(scan, text, at)
    default:
      plain.lastIndex = at
      return addText(scan, plain.exec(text)?.[0] ?? sign)
  }
}

/** A backslash goes away before any character; only a bracket or backslash behind it needs it. */
function readEscape(scan: Scan, text: string, at: number): number {
  const next = text[at + 1] ?? ''
  const escaped = next !== '' && '()[]\\'.includes(next) ? next : ''
  scan.parts.push({ text: escaped, weight: 1 })
  return 1 + escaped.length
}

function readWeight(scan: Scan, text: string, at: number): number {
  weightAtEnd.lastIndex = at
  const match = weightAtEnd.exec(text)
  const weight = match === null ? null : parseWeight(match[1]!)
  if (match === null || weight === null || !close(scan, scan.round, weight)) return addText(scan, ':')
  return match[0].length
}

function addText(scan: Scan, text: string): number {
  splitAtWord(text, 'BREAK').forEach((piece, index, { length }) => {
    const afterBreak = index > 0
    if (afterBreak) scan.parts.push({ text: 'BREAK', weight: -1 })
    const start = afterBreak ? piece.trimStart() : piece
    scan.parts.push({ text: index < length - 1 ? start.trimEnd() : start, weight: 1 })
  })
  return text.length
}

function open({ parts, round, square }: Scan, brackets: number[]): boolean {
  if (round.length + square.length >= deepest) return false
  brackets.push(parts.length)
  return true
}

function close(scan: Scan, brackets: number[], factor: number): boolean {
  const start = brackets.pop()
  if (start === undefined) return false
  multiply(scan, start, factor)
  return true
}

function multiply({ parts }: Scan, start: number, factor: number): void {
  for (let i = start; i < parts.length; i++) parts[i]!.weight *= factor
}

/** Neighbours of equal weight become one, for each part is tokenized on its own. */
function merged(parts: readonly Part[]): readonly Part[] {
  const result: { text: string; weight: number }[] = []
  for (const { text, weight } of parts) {
    const last = result.at(-1)
    if (last?.weight === weight) last.text += text
    else result.push({ text, weight })
  }
  return result.length === 0 ? [{ text: '', weight: 1 }] : result
}
