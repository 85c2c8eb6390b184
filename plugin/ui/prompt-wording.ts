import type { PromptProblem, PromptReading } from '#protocol/prompt.ts'

/** `23 / 75 tokens`, and how many chunks where it is more than one. */
export function countWords({ tokens, chunks, chunkTokens }: PromptReading): string {
  const count = `${tokens} / ${chunks * chunkTokens} tokens`
  return chunks === 1 ? count : `${count} · ${chunks} chunks`
}

/** Signs of a prompt around a problem, on each side. */
const AROUND = 16

/** Where a problem is: what is wrong, and a little of what is around it. */
export function excerptOf(
  text: string,
  { from, to }: PromptProblem
): { readonly before: string; readonly wrong: string; readonly after: string } {
  const [start, end] = [Math.max(0, from - AROUND), Math.min(text.length, to + AROUND)]
  return {
    before: (start > 0 ? '…' : '') + text.slice(start, from),
    wrong: text.slice(from, to),
    after: text.slice(to, end) + (end < text.length ? '…' : '')
  }
}

interface Stretch {
  readonly from: number
  readonly text: string
  readonly isWrong: boolean
}

/** The whole text in stretches with and without problems. Problems may overlap. */
export function stretchesOf(text: string, problems: readonly PromptProblem[]): readonly Stretch[] {
  const stretches: Stretch[] = []
  let at = 0
  const add = (to: number, isWrong: boolean) => {
    if (to > at) stretches.push({ from: at, text: text.slice(at, to), isWrong })
    at = Math.max(at, to)
  }
  for (const { from, to } of [...problems].sort((a, b) => a.from - b.from)) {
    add(from, false)
    add(to, true)
  }
  add(text.length, false)
  return stretches
}
