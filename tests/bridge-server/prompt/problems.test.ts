import { describe, expect, it } from 'vitest'
import { problemsOf } from '../../../bridge-server/prompt/problems.ts'

/** The underlined text of each problem. */
const underlined = (prompt: string, negative = false): string[] =>
  problemsOf(prompt, negative).map(({ from, to }) => prompt.slice(from, to))

describe('a prompt that means what it says has no problem', () => {
  it.each([
    'a cat, (a dog:1.2), [bird], ((sky))',
    String.raw`smile \(artist\), \[x\]`,
    '[a:b:0.5] [c::3] [d: 4 ] [e|f|]',
    'a :0.5 AND b : -1',
    '<lora:x:0.8> <hypernet:y>, (style: oil paint), [a:b], 16:9',
    'a | b'
  ])('%s', (prompt) => {
    expect(underlined(prompt)).toEqual([])
  })
})

describe('what is odd is underlined where it is', () => {
  it.each([
    ['(a', ['(']],
    ['a) b]', [')', ']']],
    ['(a:1.2.3)', [':1.2.3']],
    ['(a:)', [':']],
    ['(a:1,2) b', [':1,2']],
    ['[a:b:soon]', [':soon']],
    ['[a:b:]', [':']],
    ['[a:b:c:4]', [':4']],
    ['[a:b:4] | c', ['|']],
    ['[a:b:4] [c|d:2]', ['|']],
    ['[a:b:4] \\', ['\\']],
    ['(a AND b)', ['(', ')']],
    ['a AND', ['AND']],
    ['AND a', ['AND']],
    ['a AND b:1.2.3', [':1.2.3']],
    ['x <lora:a', ['<lora:']],
    ['<lora:>', ['<lora:']],
    ['<lora:a:strong> b', ['<lora:a:strong>']],
    ['<LoRA:a:1>', ['<LoRA:a:1>']],
    ['<lora:a:1> (b', ['(']]
  ])('%s', (prompt, texts) => {
    expect(underlined(prompt)).toEqual(texts)
  })

  it('knows no AND in a negative prompt', () => {
    expect(underlined('(a AND b), AND', true)).toEqual([])
  })

  it('says what is wrong and what to write', () => {
    expect(problemsOf('(a:1,2)')[0]?.message).toBe(
      '“1,2” is no weight, so it is read as text. Write a number, such as (word:1.2).'
    )
  })
})
