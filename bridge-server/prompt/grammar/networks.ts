/** `<kind:argument:…>` in a prompt, such as `<lora:name:0.8>`; what the arguments mean is the affair of the kind. */
export interface NetworkTag {
  /** As written; `lora`, `lyco` and `hypernet` mean something. */
  readonly kind: string
  readonly positional: readonly string[]
  /** Arguments of the form `name=value`. */
  readonly named: Readonly<Record<string, string>>
}

/** A tag with its place in the prompt, `to` being the first character behind it. */
interface FoundTag extends NetworkTag {
  readonly from: number
  readonly to: number
}

const opening = /<([\p{L}\p{N}_]+):/gu

/** The network tags of a prompt, in order. */
export function findNetworks(prompt: string): readonly FoundTag[] {
  const found: FoundTag[] = []
  opening.lastIndex = 0
  for (let match = opening.exec(prompt); match !== null; match = opening.exec(prompt)) {
    const start = opening.lastIndex
    const end = prompt.indexOf('>', start)
    if (end < 0) break
    if (end === start) continue
    found.push({ kind: match[1]!, ...argumentsOf(prompt.slice(start, end)), from: match.index, to: end + 1 })
    opening.lastIndex = end + 1
  }
  return found
}

/** Takes the network tags out of a prompt. This comes before everything else in the language. */
export function extractNetworks(prompt: string): {
  readonly prompt: string
  readonly networks: readonly NetworkTag[]
} {
  const found = findNetworks(prompt)
  const starts = [0, ...found.map(({ to }) => to)]
  const rest = starts.map((start, index) => prompt.slice(start, found[index]?.from))
  return {
    prompt: rest.join(''),
    networks: found.map(({ kind, positional, named }) => ({ kind, positional, named }))
  }
}

function argumentsOf(text: string): Pick<NetworkTag, 'positional' | 'named'> {
  const positional: string[] = []
  const named: [name: string, value: string][] = []
  for (const argument of text.split(':')) {
    const [name = '', value, ...more] = argument.split('=')
    if (value === undefined || more.length > 0) positional.push(argument)
    else named.push([name, value])
  }
  return { positional, named: Object.fromEntries(named) }
}
