import { describe, expect, it } from 'vitest'
import { parseAttention } from '../../../bridge-server/prompt/grammar/attention.ts'
import { parseComposition } from '../../../bridge-server/prompt/grammar/composition.ts'
import { extractNetworks } from '../../../bridge-server/prompt/grammar/networks.ts'
import { scheduleOf } from '../../../bridge-server/prompt/grammar/schedule.ts'

const plainPrompts = ['a cat', 'a cat, a dog; 3 birds!', 'naïve 日本語 🎉', 'BREAKfast at COMMAND, AND_1']

describe('a prompt without syntax', () => {
  it.each(plainPrompts)('%s is one part with weight 1 that every step uses', (text) => {
    expect(parseAttention(text)).toEqual([{ text, weight: 1 }])
    expect(scheduleOf(text, 20)).toEqual([{ until: 20, text }])
    expect(parseComposition(text)).toEqual([{ text, weight: 1 }])
    expect(extractNetworks(text)).toEqual({ prompt: text, networks: [] })
  })
})

describe('emphasis', () => {
  it('multiplies under nesting, whatever the kinds of brackets', () => {
    const factors = { '(a)': 1.1, '[a]': 1 / 1.1, '(a:1.7)': 1.7, '(a:0.25)': 0.25 }
    for (const [inner, first] of Object.entries(factors))
      for (const [outer, second] of Object.entries(factors))
        expect(parseAttention(outer.replace('a', inner))).toEqual([{ text: 'a', weight: first * second }])
  })

  it('gives back escaped text as it was', () => {
    const text = String.raw`(a [b] c) \ (d:1.3) :[x|y]`
    const escaped = text.replace(/[()[\]\\]/g, String.raw`\$&`)
    expect(parseAttention(escaped)).toEqual([{ text, weight: 1 }])
  })

  it('reads a number that is none as text, where the web UI fails', () => {
    expect(parseAttention('(a:1.2.3)')).toEqual([{ text: 'a:1.2.3', weight: 1.1 }])
    expect(parseAttention('(a:.)')).toEqual([{ text: 'a:.', weight: 1.1 }])
  })
})

describe('a schedule', () => {
  it('ends at the last step and rises, for every number of steps', () => {
    for (let steps = 1; steps < 40; steps++) {
      const untils = scheduleOf('[a|b] [c:d:0.4] [e:[f:g:7]:3]', steps).map(({ until }) => until)
      expect(untils).toEqual([...new Set(untils)].sort((a, b) => a - b))
      expect(untils.at(-1)).toBe(steps)
    }
  })

  it('takes a prompt as it is where a bar or a last backslash fits no rule', () => {
    for (const text of ['[a:b:5] | c', '[a:b:5] \\', '([a:b:5]|c)', '[a:b:5] [c|d:2]'])
      expect(scheduleOf(text, 10)).toEqual([{ until: 10, text }])
  })

  it('edits inside brackets that are text themselves', () => {
    expect(scheduleOf('[x [a:b:4] y', 8).map(({ text }) => text)).toEqual(['[x a y', '[x b y'])
    expect(scheduleOf('[a [b:c] [d:e:4]:f:2]', 8).map(({ text }) => text)).toEqual([
      '[a [b:c] d:f:2]',
      '[a [b:c] e:f:2]'
    ])
  })
})
