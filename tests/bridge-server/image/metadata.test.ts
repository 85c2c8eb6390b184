import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readParameters, writeParameters, type Field } from '../../../bridge-server/image/metadata.ts'
import { golden } from '../../support/golden.ts'

interface Parsed {
  readonly prompt: string
  readonly negative_prompt: string
  readonly fields: Readonly<Record<string, string>>
}

const recorded = JSON.parse(readFileSync(golden('metadata/parameters.json'), 'utf8')) as {
  readonly written: readonly {
    prompt: string
    negative_prompt: string
    fields_in_order: readonly Field[]
    text: string
    parsed: Parsed
  }[]
  readonly read_only: readonly { text: string; parsed: Parsed }[]
}

const read = (text: string): Parsed => {
  const { prompt, negativePrompt, fields } = readParameters(text)
  return { prompt, negative_prompt: negativePrompt, fields: Object.fromEntries(fields) }
}

describe('parameters are written as the web UI writes them', () => {
  for (const { prompt, negative_prompt: negative, fields_in_order: fields, text } of recorded.written)
    it(JSON.stringify(text.slice(0, 60)), () => {
      expect(writeParameters(prompt, negative, fields)).toBe(text)
    })
})

describe('parameters are read as the web UI reads them', () => {
  for (const { text, parsed } of [...recorded.written, ...recorded.read_only])
    it(JSON.stringify(text.slice(0, 60)), () => {
      expect(read(text)).toEqual(parsed)
    })
})

it('leaves out a field without a value, and gives back any other', () => {
  const fields = [
    ['Steps', 1],
    ['VAE', null],
    ['Note', 'a: "b", c\\\nd'],
    ['Seed', -1],
    ['Sampler', 'x']
  ] as const
  expect(read(writeParameters('p', 'n', fields))).toEqual({
    prompt: 'p',
    negative_prompt: 'n',
    fields: { Steps: '1', Note: 'a: "b", c\\\nd', Seed: '-1', Sampler: 'x' }
  })
})

it.each(['a', ':', '":', 'aa:"', 'aa:"\\",', ' ', 'aa: ', '\n'])(
  'reads %j fifty thousand times over in linear time',
  { timeout: 10_000 },
  (piece) => {
    expect(readParameters(piece.repeat(50_000)).prompt.length).toBeLessThanOrEqual(piece.length * 50_000)
  }
)
