import { describe, expect, it } from 'vitest'
import type { ExtensionInfo } from '#protocol/extensions.ts'
import {
  networksIn,
  reweighed,
  withNetwork,
  withoutNetwork,
  withWords
} from '../../../plugin/app/prompt-networks.ts'

const extension = (kind: ExtensionInfo['kind'], name: string, ...triggers: string[]): ExtensionInfo => ({
  ...{ kind, id: name, name, family: 'sd1', triggers, bytes: 1 }
})
const known = [extension('embedding', 'golden'), extension('embedding', 'golden-fox')]
const only = (prompt: string) => networksIn(prompt, known)[0]!

it('finds tags and embeddings in the order of the prompt', () => {
  const found = networksIn(
    'a Golden-Fox <lora:ink:0.8> (golden:1.3), <hypernet:wet> <lora:a b:0.5:1.25>',
    known
  )
  expect(found.map(({ kind, name, weights }) => [kind, name, weights])).toEqual([
    ['embedding', 'golden-fox', [1]],
    ['lora', 'ink', [0.8]],
    ['embedding', 'golden', [1.3]],
    ['hypernetwork', 'wet', [1]],
    ['lora', 'a b', [0.5, 1.25]]
  ])
})

it('takes words for words: another word’s part, a kind that is none, a name inside a tag', () => {
  expect(
    networksIn('marigolden goldens <style:golden> <lora:golden:1>', known).map(({ kind }) => kind)
  ).toEqual(['embedding', 'lora'])
})

it.each([
  ['<lora:ink:0.8>', [0.5], '<lora:ink:0.5>'],
  ['a <lora:ink> b', [0.75], 'a <lora:ink:0.75> b'],
  ['<lyco:ink:0.8:1>', [0.8, 0.333333], '<lyco:ink:0.8:0.33>'],
  ['<hypernet:wet:1>', [-0.5], '<hypernet:wet:-0.5>'],
  ['a Golden-Fox, b', [1.2], 'a (Golden-Fox:1.2), b'],
  ['a (Golden-Fox:1.2), b', [1], 'a Golden-Fox, b']
])('%s with the weights %j is %s', (prompt, weights, expected) => {
  expect(reweighed(prompt, only(prompt), weights)).toBe(expected)
})

it.each([
  ['a cat, <lora:ink:0.8>', 'a cat'],
  ['<lora:ink:1> a cat', 'a cat'],
  ['<lora:ink:1>, a cat', 'a cat'],
  ['a cat <lora:ink:1> here', 'a cat here'],
  ['a cat, golden, here', 'a cat, here'],
  ['golden', '']
])('%s without it is %s', (prompt, expected) => {
  expect(withoutNetwork(prompt, only(prompt))).toBe(expected)
})

describe('adding', () => {
  const ink = extension('lora', 'ink', 'ink drawing', 'wash')

  it.each([
    ['', 'ink drawing <lora:ink:1>'],
    ['a cat', 'a cat, ink drawing <lora:ink:1>'],
    ['an Ink Drawing of a cat', 'an Ink Drawing of a cat <lora:ink:1>'],
    ['a cat <lora:b:1>', 'a cat, ink drawing <lora:b:1> <lora:ink:1>']
  ])('a LoRA to “%s” brings its first trigger word', (prompt, expected) => {
    expect(withNetwork(prompt, ink)).toBe(expected)
  })

  it('an embedding is a word before the tags', () => {
    expect(withNetwork('a cat, <lora:b:1>', known[0]!)).toBe('a cat, golden <lora:b:1>')
  })

  it('and taking away again leaves the prompt, where there was no trigger', () => {
    const added = withNetwork('a cat, on a mat', extension('lora', 'plain'))
    expect(withoutNetwork(added, only(added))).toBe('a cat, on a mat')
  })

  it('puts words behind those that are there', () => {
    expect(withWords('a cat, ', 'wash')).toBe('a cat, wash')
    expect(withWords('', 'wash')).toBe('wash')
  })
})
