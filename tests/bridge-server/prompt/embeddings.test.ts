import { describe, expect, test } from 'vitest'
import { layOut, tokenizeParts } from '../../../bridge-server/prompt/chunks.ts'
import { embeddingFinder, type PromptEmbedding } from '../../../bridge-server/prompt/embeddings.ts'
import { createTokenizers } from '../../../bridge-server/prompt/tokenizer.ts'
import { zeros } from '../../../bridge-server/tensor/tensor.ts'

const open = createTokenizers()
const vocabulary = 49408
const shape = { length: 77, startToken: 49406, endToken: 49407, padToken: 49407 }

interface Fake extends PromptEmbedding {
  opened: number
}

/** An embedding of so many vectors; none: made for other encoders. */
function embedding(name: string, vectors: number): Fake {
  const fake: Fake = {
    name,
    opened: 0,
    open() {
      fake.opened++
      return Promise.resolve(vectors === 0 ? null : [zeros([vectors, 2])])
    }
  }
  return fake
}

async function laidOut(text: string, embeddings: readonly PromptEmbedding[]) {
  const tokenizer = await open(null)
  const finder = await embeddingFinder(embeddings, { tokenizer, index: 0, vocabulary })
  const parts = await tokenizeParts(tokenizer, [{ text, weight: 1.5 }])
  const named = await finder.namedIn(parts)
  return { ...layOut(parts, 267, shape, named), vectors: named.vectors }
}

/** Where vectors stand in each chunk, start token not counted. */
const places = ({ chunks }: { chunks: readonly { ids: Int32Array }[] }): readonly (readonly number[])[] =>
  chunks.map(({ ids }) => [...ids].flatMap((id, i) => (id >= vocabulary ? [i - 1] : [])))

describe('an embedding', () => {
  test('stands in the place of its name, in any case of letters', async () => {
    const layout = await laidOut('a photo of Golden-Fox in a forest', [embedding('golden-fox', 2)])
    expect(places(layout)).toEqual([[3, 4]])
    expect([...layout.chunks[0]!.ids.slice(4, 6)]).toEqual([vocabulary, vocabulary + 1])
    expect([...layout.chunks[0]!.weights.slice(4, 6)]).toEqual([1.5, 1.5])
    expect(layout.vectors?.dims).toEqual([2, 2])
  })

  test('is not opened where nobody names it', async () => {
    const fox = embedding('golden-fox', 2)
    expect((await laidOut('a red fox', [fox])).vectors).toBeUndefined()
    expect(fox.opened).toBe(0)
  })

  test('keeps its vectors in one chunk', async () => {
    const layout = await laidOut(`${'cat '.repeat(70)}fox cat`, [embedding('fox', 6)])
    expect(places(layout)).toEqual([[], [0, 1, 2, 3, 4, 5]])
  })

  test('with the longer name is meant where two begin alike', async () => {
    const layout = await laidOut('golden fox, golden', [embedding('golden', 1), embedding('golden fox', 3)])
    expect(places(layout)).toEqual([[0, 1, 2, 4]])
  })

  test('of another family is a word, and lets a shorter name through', async () => {
    const layout = await laidOut('golden fox', [embedding('golden', 1), embedding('golden fox', 0)])
    expect(places(layout)).toEqual([[0]])
    expect(layout.vectors?.dims).toEqual([1, 2])
  })
})

test('a damaged embedding fails only prompts that name it', async () => {
  const damaged: PromptEmbedding = { name: 'fox', open: () => Promise.reject(new Error('fox.pt is damaged')) }
  await expect(laidOut('a fox', [damaged])).rejects.toThrow('fox.pt is damaged')
  await expect(laidOut('a cat', [damaged])).resolves.toBeDefined()
})
