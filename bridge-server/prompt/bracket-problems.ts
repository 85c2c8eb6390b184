import { parseWeight, parseWhen } from './grammar/number.ts'

/** Something odd in a prompt, at the characters from…to (UTF-16 units, `to` not included). It never stops a generation. */
export interface PromptProblem {
  readonly from: number
  readonly to: number
  /** What it means for the picture, and how to write what may be meant; whole sentences. */
  readonly message: string
}

/** A bracket that is open; separators count for the innermost one. */
interface Open {
  readonly at: number
  readonly colons: number[]
  readonly bars: number[]
}

interface Scan {
  readonly text: string
  /** As emphasis reads them, round and square brackets close independently. */
  readonly round: Open[]
  readonly square: Open[]
  readonly problems: PromptProblem[]
  /** Places that fit no rule of editing and switch it off. */
  readonly misfits: number[]
  /** Brackets that would be editing or alternation. */
  edits: number
}

const signs = /\\[\s\S]?|[()[\]:|]/g

/** What is odd about the brackets of a text; `offset` is added to every place. */
export function bracketProblems(text: string, offset: number): readonly PromptProblem[] {
  const scan: Scan = { text, round: [], square: [], problems: [], misfits: [], edits: 0 }
  for (const { 0: sign, index } of text.matchAll(signs)) read(scan, sign, index)
  for (const { at } of [...scan.round, ...scan.square])
    report(
      scan,
      at,
      `This “${text.charAt(at)}” is never closed, so it acts to the end. Write \\${text.charAt(at)} for the sign itself.`
    )
  if (scan.edits > 0)
    for (const at of scan.misfits)
      report(
        scan,
        at,
        `This “${text.charAt(at)}” fits no rule here, and that switches off all editing such as [a:b:0.5] in this prompt.`
      )
  return scan.problems.map(({ from, to, message }) => ({ from: from + offset, to: to + offset, message }))
}

function read(scan: Scan, sign: string, at: number): void {
  const { round, square } = scan
  switch (sign) {
    case '(':
      round.push({ at, colons: [], bars: [] })
      break
    case '[':
      square.push({ at, colons: [], bars: [] })
      break
    case ')':
      close(scan, round.pop(), at)
      break
    case ']':
      close(scan, square.pop(), at)
      break
    case ':':
      innermost(scan)?.colons.push(at)
      break
    case '|':
      readBar(scan, at)
      break
    default:
      if (sign === '\\' || sign === '\\\n') scan.misfits.push(at)
  }
}

function innermost({ round, square }: Scan): Open | undefined {
  const [a, b] = [round.at(-1), square.at(-1)]
  return (a?.at ?? -1) > (b?.at ?? -1) ? a : b
}

function readBar(scan: Scan, at: number): void {
  const open = innermost(scan)
  if (open === undefined || scan.text[open.at] === '(') scan.misfits.push(at)
  else open.bars.push(at)
}

function close(scan: Scan, open: Open | undefined, at: number): void {
  const sign = scan.text.charAt(at)
  if (open === undefined)
    report(
      scan,
      at,
      `This “${sign}” closes nothing, so it is read as text. Write \\${sign} if that is meant.`
    )
  else if (sign === ')') checkWeight(scan, open, at)
  else checkEditing(scan, open, at)
}

const numeric = /^[-+\d.,]*$/

/** `(a:)` and `(a:1.2.3)`: what looks like a weight and is none. */
function checkWeight(scan: Scan, { colons }: Open, at: number): void {
  const colon = colons.at(-1)
  if (colon === undefined) return
  const written = scan.text.slice(colon + 1, at).trim()
  if (!numeric.test(written) || parseWeight(written) !== null) return
  const what = written === '' ? 'There is no weight after this colon' : `“${written}” is no weight`
  report(scan, colon, `${what}, so it is read as text. Write a number, such as (word:1.2).`, at)
}

function checkEditing(scan: Scan, { colons, bars }: Open, at: number): void {
  const colon = colons.at(-1)
  if (bars.length > 0) {
    scan.edits++
    if (colon !== undefined) scan.misfits.push(...bars)
    return
  }
  if (colon === undefined) return
  const written = scan.text.slice(colon + 1, at)
  const when = parseWhen(written)
  if (colons.length > 2)
    report(
      scan,
      colon,
      'Editing takes at most two colons, [from:to:when], so this bracket is read as text.',
      at
    )
  else if (when !== null) scan.edits++
  else if (colons.length === 2 || numeric.test(written.trim())) {
    const what =
      written.trim() === '' ? 'There is no step after this colon' : `“${written.trim()}” is no step`
    report(
      scan,
      colon,
      `${what}, so nothing is edited. Write a step such as 5, or a share of all steps such as 0.5.`,
      at
    )
  }
}

function report({ problems }: Scan, from: number, message: string, to = from + 1): void {
  problems.push({ from, to, message })
}
