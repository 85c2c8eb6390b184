import { describe, it } from 'vitest'
import { problemsOf } from '../../../bridge-server/prompt/problems.ts'
import { isBreak, parseAttention } from '../../../bridge-server/prompt/grammar/attention.ts'
import { parseComposition } from '../../../bridge-server/prompt/grammar/composition.ts'
import { extractNetworks } from '../../../bridge-server/prompt/grammar/networks.ts'
import { scheduleOf } from '../../../bridge-server/prompt/grammar/schedule.ts'
import { createMersenneTwister } from '../../../bridge-server/tensor/mersenne-twister.ts'

const alphabet = [
  ...['(', ')', '[', ']', ':', '|', '\\', '<', '>', ' ', '\n', ',', '.', '-', '+'],
  ...[
    'a',
    'cat',
    '日',
    '🎉',
    '\ud800',
    '1',
    '0.5',
    '1e999',
    'BREAK',
    ' AND ',
    ':1.3)',
    ':4]',
    '<lora:x:1>',
    '<lora:',
    '__proto__=1'
  ]
]

/** `expect` would take most of the time here. */
function hold(law: boolean, what: string, prompt: string): void {
  if (!law) throw new Error(`${what}: ${JSON.stringify(prompt.slice(0, 200))}`)
}

/** Everything that reads a prompt, with what must hold for any. */
function readAll(prompt: string): void {
  const { prompt: rest } = extractNetworks(prompt)
  hold(rest.length <= prompt.length, 'extracting networks added text', prompt)
  for (const { text, weight } of parseComposition(rest)) {
    hold(Number.isFinite(weight), 'an AND weight is no number', prompt)
    const schedule = scheduleOf(text, 3)
    hold(schedule.at(-1)?.until === 3, 'the schedule does not reach the last step', prompt)
    for (const scheduled of schedule) {
      const parts = parseAttention(scheduled.text)
      const read = parts.filter((part) => !isBreak(part)).reduce((sum, part) => sum + part.text.length, 0)
      hold(parts.length > 0 && read <= scheduled.text.length, 'emphasis added or lost all text', prompt)
    }
  }
  for (const { from, to } of problemsOf(prompt))
    hold(from >= 0 && to > from && to <= prompt.length, 'a problem lies outside the prompt', prompt)
}

describe('any text is read without failing', () => {
  it('100 000 random prompts', { timeout: 120_000 }, () => {
    const bits = createMersenneTwister(7)
    for (let i = 0; i < 100_000; i++) {
      const pieces = Array.from({ length: bits() % 16 }, () => alphabet[bits() % alphabet.length]!)
      readAll(pieces.join(''))
    }
  })

  // What a quadratic reader takes minutes for, and a recursive one fails on.
  it.each([
    '(',
    '[',
    ')',
    ']',
    ':',
    '|',
    '\\',
    '<',
    '<a:',
    ' ',
    '(a',
    '[a',
    '(a:1 ',
    '[a:',
    '[(',
    ' BREAK',
    ' AND ',
    '([)]',
    ': ',
    '[a|',
    '<a:>',
    '1',
    '(a:1.1)'
  ])('%j a hundred thousand times', { timeout: 20_000 }, (piece) => readAll(piece.repeat(100_000)))

  it.each([
    ['[a:', ':1]'],
    ['[', '|]'],
    ['(', ':1.1)'],
    ['[', ']']
  ])('%s…%s nested fifty thousand deep', { timeout: 20_000 }, (open, close) =>
    readAll(open.repeat(50_000) + 'x' + close.repeat(50_000))
  )
})
