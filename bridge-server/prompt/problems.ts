import { bracketProblems, type PromptProblem } from './bracket-problems.ts'
import { readLoraTag } from './grammar/lora-tag.ts'
import { findNetworks, type NetworkTag } from './grammar/networks.ts'
import { parseWeight } from './grammar/number.ts'
import { splitAtWord } from './grammar/words.ts'

type FoundNetworks = ReturnType<typeof findNetworks>

/** What a person probably did not mean, in the order of the text. A negative prompt knows no AND. */
export function problemsOf(prompt: string, negative = false): readonly PromptProblem[] {
  const networks = findNetworks(prompt)
  const text = blanked(prompt, networks)
  return [
    ...networks.flatMap(networkProblems),
    ...brokenTagProblems(text),
    ...(negative ? bracketProblems(text, 0) : compositionProblems(text))
  ].sort((a, b) => a.from - b.from || a.to - b.to)
}

/** Blanks in the place of network tags, so that every other character stays where it was. */
function blanked(prompt: string, networks: FoundNetworks): string {
  const pieces: string[] = []
  let at = 0
  for (const { from, to } of networks) {
    pieces.push(prompt.slice(at, from), ' '.repeat(to - from))
    at = to
  }
  return [...pieces, prompt.slice(at)].join('')
}

const kinds = ['lora', 'lyco', 'hypernet']

function networkProblems(tag: FoundNetworks[number]): readonly PromptProblem[] {
  const { kind, from, to } = tag
  if (!kinds.includes(kind))
    return [
      {
        from,
        to,
        message: `“${kind}” is no kind of network, so this tag does nothing. Write lora or hypernet.`
      }
    ]
  const message = kind === 'hypernet' ? hypernetProblem(tag) : loraProblem(tag)
  return message === null ? [] : [{ from, to, message }]
}

function loraProblem(tag: NetworkTag): string | null {
  const read = readLoraTag(tag)
  return 'problem' in read ? `${read.problem} ${read.hint}` : null
}

function hypernetProblem({ kind, positional }: NetworkTag): string | null {
  const wrong = positional.slice(1).find((weight) => parseWeight(weight.trim()) === null)
  return wrong === undefined ? null : `“${wrong}” is no weight. Write a number, such as <${kind}:name:0.8>.`
}

const tagStart = /<(lora|lyco|hypernet):/g

const brokenTagProblems = (text: string): readonly PromptProblem[] =>
  [...text.matchAll(tagStart)].map(({ 0: tag, 1: kind = '', index }) => ({
    from: index,
    to: index + tag.length,
    message: `This tag is not whole, so it is read as words. Write <${kind}:name:0.8>.`
  }))

/** The parts between AND one by one, for AND cuts through brackets. */
function compositionProblems(text: string): readonly PromptProblem[] {
  const parts = splitAtWord(text, 'AND')
  let from = 0
  return parts.flatMap((part, index) => {
    const start = from
    from += part.length + 'AND'.length
    const problems = [...bracketProblems(part, start), ...endWeightProblems(part, start)]
    if (parts.length === 1 || part.trim() !== '') return problems
    const and = index === 0 ? part.length : start - 'AND'.length
    return [
      ...problems,
      {
        from: and,
        to: and + 'AND'.length,
        message: 'There is nothing on one side of this AND, so an empty prompt is mixed in.'
      }
    ]
  })
}

/** A number at the end of an AND-part that is none. */
function endWeightProblems(part: string, start: number): readonly PromptProblem[] {
  const text = part.trimEnd()
  const colon = text.lastIndexOf(':')
  const written = text.slice(colon + 1).trim()
  if (colon < 0 || !/^[-+\d.,]+$/.test(written) || parseWeight(written) !== null) return []
  return [
    {
      from: start + colon,
      to: start + text.length,
      message: `“${written}” is no weight, so it is read as words. Write a number, such as :0.5.`
    }
  ]
}
