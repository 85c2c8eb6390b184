import { mkdtempSync, readFileSync, copyFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { commaToken, layOut, tokenizeParts } from '../../../bridge-server/prompt/chunks.ts'
import { parseAttention } from '../../../bridge-server/prompt/grammar/attention.ts'
import { openTokenizer } from '../../../bridge-server/prompt/tokenizer.ts'
import { golden } from '../../support/golden.ts'

type Runs = readonly (readonly [value: number, repeats: number])[]

interface TokenCases {
  readonly cases: readonly { text: string; ids: readonly number[] | Runs; ids_are?: string }[]
}
interface ChunkCases {
  readonly cases: readonly {
    text: string
    token_count: number
    chunks: readonly { ids: Runs; weights: Runs }[]
  }[]
}

const tokens = JSON.parse(readFileSync(golden('tokenizer/clip.json'), 'utf8')) as TokenCases
const layouts = JSON.parse(readFileSync(golden('prompts/chunks.json'), 'utf8')) as ChunkCases
const unrolled = (runs: Runs): number[] =>
  runs.flatMap(([value, repeats]) => Array<number>(repeats).fill(value))
const isRuns = (ids: readonly number[] | Runs): ids is Runs => Array.isArray(ids[0])
const shown = (text: string): string => JSON.stringify(text.slice(0, 60))

/** A tokenizer folder as SD 1.5 has it, without the ready tokenizer.json. */
const pair = mkdtempSync(path.join(tmpdir(), 'marquee-vocabulary-'))
for (const name of ['vocab.json', 'merges.txt'])
  copyFileSync(golden(`tokenizer/${name}`), path.join(pair, name))
afterAll(() => rmSync(pair, { recursive: true }))

describe.each([
  ['CLIP’s own vocabulary', null],
  ['tokenizer.json', path.dirname(golden('tokenizer/tokenizer.json'))],
  ['vocab.json and merges.txt', pair]
])('%s gives the ids of the reference', (_, folder) => {
  const tokenizer = openTokenizer(folder)
  for (const { text, ids } of tokens.cases)
    it(shown(text), async () => {
      expect([...(await (await tokenizer).encode(text))]).toEqual(isRuns(ids) ? unrolled(ids) : ids)
    })
})

describe('a prompt is laid out in chunks as in the web UI', () => {
  const opened = openTokenizer(null)
  const shape = { length: 77, startToken: 49406, endToken: 49407, padToken: 49407 }
  for (const { text, token_count: count, chunks } of layouts.cases)
    it(shown(text), async () => {
      const tokenizer = await opened
      const parts = await tokenizeParts(tokenizer, parseAttention(text))
      const layout = layOut(parts, await commaToken(tokenizer), shape)
      expect(layout.tokenCount).toBe(count)
      expect(layout.chunks.map(({ ids }) => [...ids])).toEqual(chunks.map(({ ids }) => unrolled(ids)))
      expect(layout.chunks.map(({ weights }) => [...weights])).toEqual(
        chunks.map(({ weights }) => unrolled(weights).map(Math.fround))
      )
    })
})
