import { describe, expect, it } from 'vitest'
import { reweighted } from '../../../plugin/app/prompt-weight.ts'

/** A prompt with `‸` for the cursor, or `«…»` around the selection. */
function marked(prompt: string) {
  const cursor = prompt.indexOf('‸')
  if (cursor >= 0) return { text: prompt.replace('‸', ''), start: cursor, end: cursor }
  return {
    text: prompt.replace(/[«»]/g, ''),
    start: prompt.indexOf('«'),
    end: prompt.indexOf('»') - 1
  }
}

const up = (prompt: string) => reweighted(marked(prompt), 1)?.text ?? null
const down = (prompt: string) => reweighted(marked(prompt), -1)?.text ?? null

it.each([
  ['a r‸ed car', 'a (red:1.1) car', 'a (red:0.9) car'],
  ['a red‸ car', 'a (red:1.1) car', 'a (red:0.9) car'],
  ['‸red', '(red:1.1)', '(red:0.9)'],
  ['a «red car» here', 'a (red car:1.1) here', 'a (red car:0.9) here'],
  ['a «red car »here', 'a (red car:1.1) here', 'a (red car:0.9) here'],
  ['a (r‸ed:1.1) car', 'a (red:1.2) car', 'a red car'],
  ['a (red:1.‸1) car', 'a (red:1.2) car', 'a red car'],
  ['a («red»:0.9) car', 'a red car', 'a (red:0.8) car'],
  ['(red c‸ar:1.25)', '(red car:1.35)', '(red car:1.15)'],
  ['(red:1‸.9)', '(red:2.0)', '(red:1.8)'],
  ['(red:‸ .5 )', '(red:0.6)', '(red:0.4)'],
  ['(red:0.‸1)', '(red:0.2)', '(red:0.0)'],
  ['(red:-0.‸1)', '(red:0.0)', '(red:-0.2)'],
  ['(r‸ed) car', '(red:1.2) car', 'red car'],
  ['((r‸ed)) car', '(red:1.3) car', '(red:1.1) car'],
  ['[r‸ed] car', 'red car', '(red:0.8) car'],
  ['<lora:style:‸0.8>', '<lora:style:0.85>', '<lora:style:0.75>'],
  ['<lora:st‸yle:1>', '<lora:style:1.05>', '<lora:style:0.95>'],
  ['<lora:style:0.‸95>', '<lora:style:1.0>', '<lora:style:0.9>'],
  ['\\(re‸d\\)', '\\((red:1.1)\\)', '\\((red:0.9)\\)'],
  ['[ca‸t|dog]', '[(cat:1.1)|dog]', '[(cat:0.9)|dog]'],
  ['[cat:d‸og:0.5]', '[cat:(dog:1.1):0.5]', '[cat:(dog:0.9):0.5]'],
  ['(an ol‸d (red:1.2) car:1.3)', '(an (old:1.1) (red:1.2) car:1.3)', '(an (old:0.9) (red:1.2) car:1.3)'],
  ['(an old (r‸ed:1.2) car:1.3)', '(an old (red:1.3) car:1.3)', '(an old (red:1.1) car:1.3)'],
  ['größe‸, schön', '(größe:1.1), schön', '(größe:0.9), schön'],
  ['a 🐈‍⬛‸ cat', 'a (🐈‍⬛:1.1) cat', 'a (🐈‍⬛:0.9) cat']
])('%s becomes %s upwards and %s downwards', (prompt, raised, lowered) => {
  expect(up(prompt)).toBe(raised)
  expect(down(prompt)).toBe(lowered)
})

it.each(['‸', 'red, ‸, car', '« »', '( ‸ )', '<lora:style‸>'.replace('style', '')])(
  'does nothing where there is nothing to weigh: %s',
  (prompt) => {
    expect(up(prompt)).toBeNull()
  }
)

describe('what was weighted stays selected', () => {
  it.each(['a r‸ed car', '((r‸ed))', 'a («red»:0.9) car', '<lora:st‸yle:1>'])('%s', (prompt) => {
    const edited = reweighted(marked(prompt), 1)!
    expect(['red', 'lora:style']).toContain(edited.text.slice(edited.start, edited.end))
  })

  it('so up and down again is where it began, any number of times', () => {
    const start = marked('a «red car» here')
    let edited = start
    for (const direction of [1, 1, 1, -1, -1, -1, -1, -1, 1, 1] as const)
      edited = reweighted(edited, direction)!
    expect(edited).toEqual(start)
  })
})

it('is linear in the length of the prompt, whatever is in it', () => {
  for (const sign of ['(', ')', '[', '\\', ':', 'a', ' ', '<', ':1.1)'])
    for (const at of [0, 10_000, 19_999]) {
      const text = sign.repeat(20_000 / sign.length)
      const started = performance.now()
      reweighted({ text, start: at, end: at }, 1)
      reweighted({ text, start: 0, end: text.length }, -1)
      expect(performance.now() - started).toBeLessThan(500)
    }
})
