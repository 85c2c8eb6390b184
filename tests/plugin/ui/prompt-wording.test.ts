import { describe, expect, it } from 'vitest'
import { bytesWords, modelWords } from '../../../plugin/ui/model-wording.ts'
import { countWords, excerptOf, stretchesOf } from '../../../plugin/ui/prompt-wording.ts'
import { model } from '../../support/panel.ts'

const problem = (from: number, to: number) => ({ from, to, message: 'Odd.' })

it('counts tokens within their chunks', () => {
  const reading = { chunkTokens: 75, problems: [] }
  expect(countWords({ ...reading, tokens: 23, chunks: 1 })).toBe('23 / 75 tokens')
  expect(countWords({ ...reading, tokens: 80, chunks: 2 })).toBe('80 / 150 tokens · 2 chunks')
})

it('shows a problem with a little of what is around it', () => {
  expect(excerptOf('a (red car', problem(2, 3))).toEqual({ before: 'a ', wrong: '(', after: 'red car' })
  const long = excerptOf(`${'x'.repeat(50)}(${'y'.repeat(50)}`, problem(50, 51))
  expect(long).toEqual({ before: `…${'x'.repeat(16)}`, wrong: '(', after: `${'y'.repeat(16)}…` })
})

describe('the stretches of a text', () => {
  const texts = ['', 'a (b) c', 'aaa']
  const lists = [
    [],
    [problem(0, 1)],
    [problem(2, 5), problem(3, 4)],
    [problem(4, 5), problem(0, 3)],
    [problem(1, 99)]
  ]

  it.each(texts)('are all of %j, whatever is wrong with it', (text) => {
    for (const problems of lists)
      expect(
        stretchesOf(text, problems)
          .map((stretch) => stretch.text)
          .join('')
      ).toBe(text)
  })

  it('are wrong exactly where a problem is', () => {
    const text = 'a (b) c'
    const wrong = stretchesOf(text, [problem(4, 6), problem(2, 5)])
      .filter(({ isWrong }) => isWrong)
      .flatMap(({ from, text: stretch }) => Array.from(stretch, (_, i) => from + i))
    expect(wrong).toEqual([2, 3, 4, 5])
  })
})

it.each([
  [model('a', { nativeSize: 512, bytes: 2_132_625_894 }), 'SD 1 · 512 px · fp16 · 2.1 GB'],
  [
    model('a', { family: 'sdxl', distillation: 'turbo', nativeSize: 512, bytes: 6_938_040_682 }),
    'SDXL Turbo · 512 px · fp16 · 6.9 GB'
  ],
  [
    model('a', { conditioning: 'inpaint', bytes: 5_000_000, sha256: 'c6bbc15e32'.padEnd(64, '0') }),
    'SD 1 · inpainting · 64 px · fp16 · 5 MB · c6bbc15e32'
  ]
])('says what a model is', (info, words) => {
  expect(modelWords(info)).toBe(words)
})

it('writes sizes as people read them', () => {
  expect([1, 1500, 2e6, 999_400_000, 4.27e9].map(bytesWords)).toEqual([
    '1 KB',
    '2 KB',
    '2 MB',
    '999 MB',
    '4.3 GB'
  ])
})
