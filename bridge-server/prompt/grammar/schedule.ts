import { parseEditing, type Piece } from './editing.ts'

/** A text and the last step that uses it, counted from 1. */
export interface ScheduledText {
  readonly until: number
  readonly text: string
}

interface ScheduleOptions {
  /** Steps of the first pass where this is the second: then fractions count from 1.0 and step numbers go on counting. */
  readonly firstPassSteps?: number
}

/**
 * What prompt editing makes of a prompt: the texts in order, the last one until `steps`. What counts as a step is the
 * caller's: the web UI's sampler compares its 0-based count of denoiser calls with `until`, and makes the schedule for
 * twice the steps where a sampler calls twice a step.
 */
export function scheduleOf(
  prompt: string,
  steps: number,
  { firstPassSteps }: ScheduleOptions = {}
): readonly ScheduledText[] {
  const pieces = parseEditing(prompt)
  if (pieces === null) return [{ until: steps, text: prompt }]
  const stepOf = (when: string): number => {
    const value = Number(when)
    const second = firstPassSteps !== undefined
    const step = when.includes('.') ? (value - (second ? 1 : 0)) * steps : value - (firstPassSteps ?? 0)
    return Math.min(steps, Math.trunc(step))
  }
  return boundaries(pieces, steps, stepOf).map((until) => ({ until, text: textAt(pieces, until, stepOf) }))
}

type StepOf = (when: string) => number

/** Every step after which the text may change, and the last one. */
function boundaries(pieces: readonly Piece[], steps: number, stepOf: StepOf): readonly number[] {
  const found = new Set([steps])
  walk(pieces, (piece) => {
    switch (piece.kind) {
      case 'group':
        return [piece.pieces]
      case 'edit': {
        const when = stepOf(piece.when)
        if (when >= 1) found.add(when)
        return [piece.from, piece.to]
      }
      case 'alternation':
        for (let step = 1; step <= steps; step++) found.add(step)
        return piece.options
    }
  })
  return [...found].sort((a, b) => a - b)
}

function textAt(pieces: readonly Piece[], step: number, stepOf: StepOf): string {
  const choose = (piece: Exclude<Piece, string>): readonly (readonly Piece[])[] => {
    switch (piece.kind) {
      case 'group':
        return [piece.pieces]
      case 'edit':
        return [step <= stepOf(piece.when) ? piece.from : piece.to]
      case 'alternation':
        return [piece.options[(step - 1) % piece.options.length]!]
    }
  }
  return walk(pieces, choose)
}

/** Visits pieces in order and gives their text. A stack of its own, because brackets may nest deeper than calls can. */
function walk(
  pieces: readonly Piece[],
  contents: (piece: Exclude<Piece, string>) => readonly (readonly Piece[])[]
): string {
  const text: string[] = []
  const stack: { readonly pieces: readonly Piece[]; next: number }[] = [{ pieces, next: 0 }]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const piece = top.pieces[top.next++]
    if (piece === undefined) stack.pop()
    else if (typeof piece === 'string') text.push(piece)
    else for (const inner of contents(piece).toReversed()) stack.push({ pieces: inner, next: 0 })
  }
  return text.join('')
}
