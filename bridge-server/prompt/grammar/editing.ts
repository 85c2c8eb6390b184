import { parseWhen } from './number.ts'

/** Text, or what a step decides about. */
export type Piece = string | Group | Edit | Alternation

/** Brackets that are not editing, kept for the emphasis that reads them later. */
interface Group {
  readonly kind: 'group'
  readonly pieces: readonly Piece[]
}

/** `[from:to:when]`, with `[to:when]` and `[from::when]`. */
interface Edit {
  readonly kind: 'edit'
  readonly from: readonly Piece[]
  readonly to: readonly Piece[]
  /** As written: with a dot a fraction of the steps, without one a step. */
  readonly when: string
}

/** `[a|b]`: another option in every step. */
interface Alternation {
  readonly kind: 'alternation'
  readonly options: readonly (readonly Piece[])[]
}

/** A bracket that is open, with everything in it so far; `cuts` are the places of its separators. */
interface Frame {
  readonly bracket: '(' | '['
  readonly pieces: Piece[]
  readonly cuts: number[]
  colons: number
  bars: number
}

const run = /[^\\()[\]:|]+/y

/**
 * Finds prompt editing and alternation. Brackets that do not match, or hold what no rule allows, are text, and so is
 * everything around them up to the next bracket that does match. A bar outside `[ ]` or a backslash before nothing fits
 * no rule at all: then, as in the web UI, the whole prompt is taken as it is, and this returns null.
 */
export function parseEditing(prompt: string): readonly Piece[] | null {
  const root: Piece[] = []
  const frames: Frame[] = []
  for (let at = 0; at < prompt.length;) {
    const token = readToken(prompt, at)
    if (token === null || !take(token, root, frames)) return null
    at += token.length
  }
  return release(root, frames) ? root : null
}

/** A sign, an escaped character with its backslash, or a run of plain text. */
function readToken(prompt: string, at: number): string | null {
  if (prompt[at] === '\\') {
    const next = prompt[at + 1]
    return next === undefined || next === '\n' ? null : `\\${next}`
  }
  run.lastIndex = at
  return run.exec(prompt)?.[0] ?? prompt[at]!
}

/** False where the token fits nowhere. */
function take(token: string, root: Piece[], frames: Frame[]): boolean {
  const frame = frames.at(-1)
  switch (token) {
    case '(':
    case '[':
      frames.push({ bracket: token, pieces: [], cuts: [], colons: 0, bars: 0 })
      return true
    case ')':
    case ']':
      return closeFrame(token, root, frames)
    case '|':
      if (frame === undefined) return false
      frame.bars++
      break
    case ':':
      if (frame !== undefined) frame.colons++
      break
    default:
      ;(frame?.pieces ?? root).push(token)
      return true
  }
  frame?.cuts.push(frame.pieces.length)
  ;(frame?.pieces ?? root).push(token)
  return true
}

function closeFrame(bracket: ')' | ']', root: Piece[], frames: Frame[]): boolean {
  const frame = frames.at(-1)
  const piece = frame === undefined ? null : pieceOf(frame, bracket)
  if (piece !== null) {
    frames.pop()
    ;(frames.at(-1)?.pieces ?? root).push(piece)
    return true
  }
  const fits = release(root, frames)
  root.push(bracket)
  return fits
}

/** A wrong bracket inside makes every bracket around it text: their contents go to the root. */
function release(root: Piece[], frames: Frame[]): boolean {
  for (const { bracket, pieces, bars } of frames) {
    if (bars > 0) return false
    root.push(bracket)
    for (const piece of pieces) root.push(piece)
  }
  frames.length = 0
  return true
}

/** What a closed bracket means; null where no rule allows it. */
function pieceOf(frame: Frame, closing: ')' | ']'): Piece | null {
  const { bracket, pieces, colons, bars } = frame
  if (bracket === '(') {
    if (closing !== ')' || bars > 0 || colons > 1) return null
    return { kind: 'group', pieces: ['(', ...pieces, ')'] }
  }
  if (closing !== ']') return null
  if (bars > 0) return colons > 0 ? null : { kind: 'alternation', options: segmentsOf(frame) }
  if (colons === 0) return { kind: 'group', pieces: ['[', ...pieces, ']'] }
  return colons > 2 ? null : editOf(segmentsOf(frame))
}

function editOf(segments: readonly (readonly Piece[])[]): Edit | null {
  const written = segments.at(-1)!
  const texts = written.filter((piece) => typeof piece === 'string')
  const when = texts.length === written.length ? parseWhen(texts.join('')) : null
  if (when === null) return null
  const [first, second] = segments
  return segments.length === 2
    ? { kind: 'edit', from: [], to: first!, when }
    : { kind: 'edit', from: first!, to: second!, when }
}

const segmentsOf = ({ pieces, cuts }: Frame): readonly (readonly Piece[])[] =>
  [...cuts, pieces.length].map((end, index) => pieces.slice(index === 0 ? 0 : cuts[index - 1]! + 1, end))
