import { expect, it } from 'vitest'
import type { ExtensionInfo } from '#protocol/extensions.ts'
import { completionsAt } from '../../../plugin/app/completions.ts'

const extension = (kind: ExtensionInfo['kind'], name: string, ...triggers: string[]): ExtensionInfo => ({
  ...{ kind, id: name, name, family: 'sd1', triggers, bytes: 1 }
})
const extensions = [
  extension('lora', 'ink style', 'ink drawing'),
  extension('lora', 'pink'),
  extension('hypernetwork', 'wet ink'),
  extension('embedding', 'golden-fox', 'golden-fox'),
  extension('controlnet', 'ink edges')
]

/** `‸` is the cursor; gives the texts as they would be. */
function completed(marked: string, isNegative = false): readonly string[] {
  const cursor = marked.indexOf('‸')
  const text = marked.replace('‸', '')
  const found = completionsAt(text, cursor, extensions, isNegative)
  return (found?.options ?? []).map(
    (option) => text.slice(0, found?.from) + option.text + text.slice(found?.to)
  )
}

it.each([
  ['a <lora:in‸', ['a <lora:ink style:1>', 'a <lora:pink:1>']],
  ['a <lora:‸', ['a <lora:ink style:1>', 'a <lora:pink:1>']],
  ['a <in‸ b', ['a <lora:ink style:1> b', 'a <lora:pink:1> b', 'a <hypernet:wet ink:1> b']],
  ['<lo‸', ['<lora:ink style:1>', '<lora:pink:1>', '<hypernet:wet ink:1>']],
  ['<hypernet:INK‸>', ['<hypernet:wet ink:1>']],
  ['<lora:pi‸nk:0.5> b', ['<lora:pink:1> b']],
  ['<lora:ink style:0.‸5>', []],
  ['a <‸ b', []],
  ['a gold‸en', []],
  ['a cat, Go‸', ['a cat, golden-fox']],
  ['a g‸', []],
  ['golden-fox‸', []],
  ['a ink dr‸', []],
  ['an ink dr‸ <lora:ink style:1>', ['an ink drawing <lora:ink style:1>']]
])('%s', (marked, expected) => {
  expect(completed(marked)).toEqual(expected)
})

it('offers no networks in a negative prompt, but embeddings', () => {
  expect(completed('<lora:in‸', true)).toEqual([])
  expect(completed('gold‸', true)).toEqual(['golden-fox'])
})
