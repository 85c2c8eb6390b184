import path from 'node:path'
import { expect, test } from 'vitest'
import { openExtensions } from '../../../../bridge-server/weights/extensions/extension-library.ts'
import type { Embedding } from '../../../../bridge-server/weights/extensions/extension.ts'
import { readNumbers } from '../../../../bridge-server/weights/read-numbers.ts'
import { temporaryFolder } from '../../../support/tensor-files.ts'

// Textual inversions in every form that programs save; number i of each tensor is i / 8, or −i / 8 for XL's second encoder.

const folder = path.resolve(import.meta.dirname, '../../../fixtures/embeddings')
const library = () =>
  openExtensions({ folders: () => Promise.resolve([folder]), cacheFolder: temporaryFolder() })

async function expectNumbers({ vectors }: Embedding, shapes: readonly (readonly number[])[]) {
  expect(vectors.map(({ shape }) => shape)).toEqual(shapes)
  for (const [i, weight] of vectors.entries()) {
    const sign = i === 0 ? 1 : -1
    const numbers = await readNumbers(weight)
    expect([...numbers].every((value, at) => value === (sign * at) / 8)).toBe(true)
  }
}

test.each([
  ['webui-three', [[3, 16]]],
  ['webui-plain', [[1, 16]]],
  ['diffusers-one', [[1, 16]]],
  ['diffusers-two', [[2, 16]]],
  ['diffusers', [[2, 16]]],
  ['emb-params', [[2, 16]]],
  [
    'xl',
    [
      [2, 16],
      [2, 24]
    ]
  ],
  [
    'xl-turned',
    [
      [2, 16],
      [2, 24]
    ]
  ]
])('%s', async (name, shapes) => {
  const found = (await library().embeddings()).find((each) => each.name === name)
  await expectNumbers((await found!.open()).content, shapes)
})

test('a LoRA’s file may bring some, and is a LoRA all the same', async () => {
  const opened = library()
  expect((await opened.list()).find(({ name }) => name === 'bundle')).toMatchObject({ kind: 'lora' })
  const { content } = await opened.lora('bundle')
  expect([...content.embeddings.keys()]).toEqual(['fox', 'pair'])
  await expectNumbers(content.embeddings.get('fox')!, [[2, 128]])
  await expectNumbers(content.embeddings.get('pair')!, [
    [1, 16],
    [1, 24]
  ])
  expect(content.layers.get('unet')?.size).toBe(1)
})
