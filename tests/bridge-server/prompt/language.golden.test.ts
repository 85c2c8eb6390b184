import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAttention } from '../../../bridge-server/prompt/grammar/attention.ts'
import { parseComposition } from '../../../bridge-server/prompt/grammar/composition.ts'
import { extractNetworks } from '../../../bridge-server/prompt/grammar/networks.ts'
import { scheduleOf } from '../../../bridge-server/prompt/grammar/schedule.ts'
import { golden } from '../../support/golden.ts'

type Pairs<A, B> = readonly (readonly [A, B])[]

interface Recorded {
  readonly attention: { readonly cases: readonly { text: string; parts: Pairs<string, number> }[] }
  readonly schedule: {
    readonly cases: readonly { text: string; steps: number; schedule: Pairs<number, string> }[]
    readonly second_pass: readonly {
      text: string
      first_pass_steps: number
      hires_steps: number
      schedule: Pairs<number, string>
    }[]
  }
  readonly and: { readonly cases: readonly { text: string; parts: Pairs<string, number> }[] }
  readonly networks: {
    readonly cases: readonly { text: string; prompt_without: string; networks: readonly unknown[] }[]
  }
}

const recorded = JSON.parse(readFileSync(golden('prompts/language.json'), 'utf8')) as Recorded
const shown = (text: string): string => JSON.stringify(text.slice(0, 60))

// Weights are compared exactly: both sides multiply the same doubles in the same order.
describe('emphasis is read as the web UI reads it', () => {
  for (const { text, parts } of recorded.attention.cases)
    it(shown(text), () => {
      expect(parseAttention(text).map((part) => [part.text, part.weight])).toEqual(parts)
    })
})

describe('editing and alternation give the schedule of the web UI', () => {
  for (const { text, steps, schedule } of recorded.schedule.cases)
    it(`${shown(text)} in ${steps} steps`, () => {
      expect(scheduleOf(text, steps).map((entry) => [entry.until, entry.text])).toEqual(schedule)
    })
  for (const { text, first_pass_steps: first, hires_steps: steps, schedule } of recorded.schedule.second_pass)
    it(`${shown(text)} in ${steps} steps after ${first}`, () => {
      const entries = scheduleOf(text, steps, { firstPassSteps: first })
      expect(entries.map((entry) => [entry.until, entry.text])).toEqual(schedule)
    })
})

describe('AND splits a prompt as in the web UI', () => {
  for (const { text, parts } of recorded.and.cases)
    it(shown(text), () => {
      expect(parseComposition(text).map((part) => [part.text, part.weight])).toEqual(parts)
    })
})

describe('network tags are taken out as in the web UI', () => {
  for (const { text, prompt_without: prompt, networks } of recorded.networks.cases)
    it(shown(text), () => {
      expect(extractNetworks(text)).toEqual({ prompt, networks })
    })
})
