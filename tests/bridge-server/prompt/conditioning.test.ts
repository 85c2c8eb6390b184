import { describe, expect, it } from 'vitest'
import {
  conditionPrompt,
  promptEncoders,
  type TextEncoder
} from '../../../bridge-server/prompt/conditioning.ts'
import { emphasize } from '../../../bridge-server/prompt/emphasis.ts'
import { createTokenizers } from '../../../bridge-server/prompt/tokenizer.ts'
import { createTorchGenerator } from '../../../bridge-server/tensor/torch-random.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'

const open = createTokenizers()

/** Hidden states that tell every token and channel apart; `calls` records what was encoded. */
function fakeEncoder(width: number, withPooled: boolean) {
  const calls: (readonly Int32Array[])[] = []
  const encoder: TextEncoder = {
    length: 77,
    vocabulary: 49408,
    startToken: 49406,
    endToken: 49407,
    padToken: 49407,
    tokenizerFolder: null,
    encode: (ids) => {
      calls.push(ids)
      const data = Float32Array.from(
        ids.flatMap((chunk) =>
          [...chunk].flatMap((id) => Array.from({ length: width }, (_, c) => (id % 97) + c / 16))
        )
      )
      return Promise.resolve({
        hidden: { data, dims: [ids.length, 77, width] },
        pooled: withPooled
          ? { data: Float32Array.from(ids.flatMap((chunk) => [chunk[1]!, chunk[2]!])), dims: [ids.length, 2] }
          : null
      })
    }
  }
  return { encoder, calls }
}

async function setUp() {
  const [small, large] = [fakeEncoder(2, false), fakeEncoder(3, true)]
  return {
    calls: small.calls,
    encoders: await promptEncoders([small.encoder, large.encoder], open),
    sd1: await promptEncoders([small.encoder], open)
  }
}

const mean = ({ data }: Tensor): number => data.reduce((sum, value) => sum + value, 0) / data.length

describe('emphasis on hidden states', () => {
  const hidden = {
    data: createTorchGenerator(1)
      .randn(2 * 4 * 8)
      .map((x) => x + 0.5),
    dims: [2, 4, 8]
  }
  const chunk = (tensor: Tensor, n: number): Tensor => ({
    data: tensor.data.subarray(n * 32, (n + 1) * 32),
    dims: [4, 8]
  })
  const weights = [Float32Array.of(1, 1.5, 0.5, 1), Float32Array.of(1, 2, 1, 1)]

  it('keeps the mean of each chunk, and the ratio of its tokens', () => {
    const result = emphasize(hidden, weights, 'Original')
    for (const n of [0, 1]) expect(mean(chunk(result, n))).toBeCloseTo(mean(chunk(hidden, n)), 5)
    const share = result.data[0]! / hidden.data[0]!
    expect(result.data[8]! / hidden.data[8]!).toBeCloseTo(1.5 * share, 5)
    expect(result.data[16]! / hidden.data[16]!).toBeCloseTo(0.5 * share, 5)
  })

  it('only multiplies in “No norm”, and does nothing in “None” and “Ignore”', () => {
    const result = emphasize(hidden, weights, 'No norm')
    expect(result.data[40]).toBe(Math.fround(hidden.data[40]! * 2))
    expect(result.data[0]).toBe(hidden.data[0])
    expect(emphasize(hidden, weights, 'None')).toBe(hidden)
    expect(emphasize(hidden, weights, 'Ignore')).toBe(hidden)
  })

  it('changes nothing where all weights are 1', () => {
    const ones = weights.map((chunkWeights) => chunkWeights.map(() => 1))
    expect(emphasize(hidden, ones, 'Original')).toEqual(hidden)
  })
})

describe('a prompt over the steps', () => {
  it('edits one call late, as the web UI does: [a:b:0.5] in 8 steps is a a a a a b b b', async () => {
    const { sd1 } = await setUp()
    const edited = await conditionPrompt(sd1, '[a:b:0.5]', { steps: 8 })
    const [a, b] = await Promise.all(['a', 'b'].map((text) => conditionPrompt(sd1, text, { steps: 8 })))
    const letters = Array.from({ length: 8 }, (_, call) => {
      const { data } = edited.at(call)[0]!.context
      return data.every((x, i) => x === a!.at(0)[0]!.context.data[i])
        ? 'a'
        : data.every((x, i) => x === b!.at(0)[0]!.context.data[i])
          ? 'b'
          : '?'
    })
    expect(letters.join('')).toBe('aaaaabbb')
  })

  it('alternates [a|b] as a a b a b a b', async () => {
    const { sd1 } = await setUp()
    const conditioning = await conditionPrompt(sd1, '[a|b]', { steps: 7 })
    const first = conditioning.at(0)[0]!.context
    expect(
      Array.from({ length: 7 }, (_, call) => (conditioning.at(call)[0]!.context === first ? 'a' : 'b')).join(
        ''
      )
    ).toBe('aababab')
  })

  it('gives calls beyond the last step the first text', async () => {
    const { sd1 } = await setUp()
    const conditioning = await conditionPrompt(sd1, '[a:b:2]', { steps: 4 })
    expect(conditioning.at(9)[0]!.context).toBe(conditioning.at(0)[0]!.context)
  })

  it('encodes each distinct text once', async () => {
    const { sd1, calls } = await setUp()
    await conditionPrompt(sd1, '[a|b] AND [b|a] AND b', { steps: 20 })
    // 'a' and 'b' of the first part; ' b' and ' a' of the second, with the space in front of them.
    expect(calls.length).toBe(4)
  })

  it('splits a prompt at AND with weights, and a negative prompt not at all', async () => {
    const { sd1 } = await setUp()
    const text = 'a :1.5 AND b :-0.5'
    expect((await conditionPrompt(sd1, text, { steps: 5 })).at(0).map(({ weight }) => weight)).toEqual([
      1.5, -0.5
    ])
    expect(
      (await conditionPrompt(sd1, text, { steps: 5, negative: true })).at(0).map(({ weight }) => weight)
    ).toEqual([1])
  })

  it('stops when it is cancelled', async () => {
    const { sd1, calls } = await setUp()
    await expect(conditionPrompt(sd1, 'a', { steps: 5, signal: AbortSignal.abort() })).rejects.toThrow(
      'aborted'
    )
    expect(calls).toEqual([])
  })
})

describe('the two encoders of XL', () => {
  it('stand side by side in the width, chunks behind one another', async () => {
    const { encoders } = await setUp()
    const [part] = (await conditionPrompt(encoders, 'a BREAK b', { steps: 5 })).at(0)
    expect(part!.context.dims).toEqual([1, 154, 5])
    const start = 49406 % 97
    expect([...part!.context.data.subarray(77 * 5, 77 * 5 + 5)]).toEqual([
      start,
      start + 1 / 16,
      start,
      start + 1 / 16,
      start + 2 / 16
    ])
  })

  it('give the pooled vector of the first chunk, without emphasis', async () => {
    const { encoders } = await setUp()
    const pooled = async (text: string) =>
      (await conditionPrompt(encoders, text, { steps: 5 })).at(0)[0]!.pooled
    expect((await pooled('(a cat:1.7) BREAK a dog'))!.dims).toEqual([1, 2])
    expect(await pooled('(a cat:1.7) BREAK a dog')).toEqual(await pooled('a cat'))
  })

  it('turn an empty negative prompt into zeros where that is asked for', async () => {
    const { encoders } = await setUp()
    const at = async (text: string, zeroWhenEmpty: boolean) =>
      (await conditionPrompt(encoders, text, { steps: 5, negative: true, zeroWhenEmpty })).at(0)[0]!
    const empty = await at('', true)
    expect(empty.context.dims).toEqual([1, 77, 5])
    expect([...empty.context.data, ...empty.pooled!.data].every((x) => x === 0)).toBe(true)
    expect((await at('', false)).context.data.some((x) => x !== 0)).toBe(true)
    expect((await at('a', true)).context.data.some((x) => x !== 0)).toBe(true)
    expect((await at('[:a:2]', true)).context.data.some((x) => x !== 0)).toBe(true)
  })
})

describe('emphasis modes', () => {
  it('read brackets as text in “None”, and drop them without effect in “Ignore”', async () => {
    const { sd1 } = await setUp()
    const encoded = async (text: string, emphasis?: 'None' | 'Ignore') =>
      (await conditionPrompt(sd1, text, { steps: 1, emphasis })).at(0)[0]!.context
    expect(await encoded('(a:1.5)', 'Ignore')).toEqual(await encoded('a'))
    expect(await encoded('(a:1.5)', 'None')).toEqual(await encoded(String.raw`\(a:1.5\)`))
    expect(await encoded('(a:1.5)')).not.toEqual(await encoded('a'))
  })
})
