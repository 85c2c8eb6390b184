import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { commaToken, layOut, tokenizeParts, type TokenPart } from '../../../bridge-server/prompt/chunks.ts'
import { countTokens } from '../../../bridge-server/prompt/count.ts'
import { parseAttention } from '../../../bridge-server/prompt/grammar/attention.ts'
import { openTokenizer } from '../../../bridge-server/prompt/tokenizer.ts'

const [start, end, comma] = [1000, 1001, 7]
const shape = { length: 32, startToken: start, endToken: end, padToken: end }
const words = (count: number, weight = 1): TokenPart => ({ ids: new Int32Array(count).fill(5), weight })

describe('every chunk', () => {
  it('has the length of the encoder, a start, an end, and the words in order', () => {
    for (let count = 0; count < 100; count++) {
      const ids = Int32Array.from({ length: count }, (_, i) => 10 + i)
      const { chunks, tokenCount } = layOut([{ ids, weight: 1 }], comma, shape)
      expect(chunks.map((chunk) => [chunk.ids.length, chunk.weights.length])).toEqual(
        chunks.map(() => [32, 32])
      )
      expect(chunks.map((chunk) => [chunk.ids[0], chunk.ids.at(-1)])).toEqual(chunks.map(() => [start, end]))
      expect(chunks.flatMap((chunk) => [...chunk.ids]).filter((id) => id < start)).toEqual([...ids])
      expect(chunks.length).toBe(Math.max(1, Math.ceil(count / 30)))
      expect(tokenCount).toBe(count)
    }
  })

  it('is padded behind its first end token by the encoder’s own padding', () => {
    const openClip = { ...shape, padToken: 0 }
    expect([...layOut([words(2)], comma, openClip).chunks[0]!.ids]).toEqual([
      start,
      5,
      5,
      end,
      ...Array<number>(28).fill(0)
    ])
  })

  it('keeps weights beside their words, and 1 elsewhere', () => {
    const { chunks } = layOut([words(29), words(3, 1.5)], comma, shape)
    expect(
      chunks.map(({ weights }) => [...weights].flatMap((weight, i) => (weight === 1 ? [] : [i])))
    ).toEqual([[30], [1, 2]])
  })
})

it('moves the words behind a comma to the next chunk only from 20 places before its end', () => {
  const firstChunk = (before: number): number =>
    layOut(
      [words(before), { ids: Int32Array.of(comma), weight: 1 }, words(40)],
      comma,
      shape
    ).chunks[0]!.ids.indexOf(end) - 1
  expect(firstChunk(9)).toBe(30)
  expect(firstChunk(10)).toBe(11)
})

describe('the vocabulary of the embedded model', () => {
  const folder = path.resolve(import.meta.dirname, '../../../models/pocket/tokenizer')

  it('has no chunk of its own length: long prompts are not cut', async () => {
    const tokenizer = await openTokenizer(folder)
    const text = Array<string>(50).fill('red').join(' ')
    const alone = await tokenizer.encode('red')
    expect((await tokenizer.encode(text)).length).toBe(50 * alone.length)
  })

  it('counts what its 30 places hold, without network tags and with the longest step', async () => {
    const tokenizer = await openTokenizer(folder)
    const count = (prompt: string) =>
      countTokens(
        { encoder: { ...shape, startToken: 768, endToken: 769, padToken: 769 }, tokenizer },
        prompt,
        20
      )
    const { ids } = (await tokenizeParts(tokenizer, parseAttention('a red circle')))[0]!
    expect(await count('<lora:long name:1>[a red circle:a:5] AND a')).toEqual({
      tokens: ids!.length,
      chunks: 1,
      chunkSize: 30
    })
    expect(await count('a BREAK a')).toMatchObject({
      tokens: 30 + (await tokenizer.encode('a')).length,
      chunks: 2
    })
  })

  it('has a comma to cut at', async () => {
    expect(await commaToken(await openTokenizer(folder))).toBeGreaterThan(0)
  })
})

describe('a tokenizer folder that is broken', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-vocabulary-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is refused by a sentence, whether files are missing, no JSON, or no vocabulary', async () => {
    await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'model-incomplete' })
    writeFileSync(path.join(folder, 'merges.txt'), 'a b\n')
    for (const vocabulary of ['{', '[]', '{"a": 0}']) {
      writeFileSync(path.join(folder, 'vocab.json'), vocabulary)
      await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'model-unreadable' })
    }
    writeFileSync(path.join(folder, 'tokenizer.json'), '{}')
    await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'model-unreadable' })
  })
})
