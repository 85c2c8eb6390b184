import { parseArgs } from 'node:util'
import { invalid } from './config-values.ts'
import type { AppError } from './errors.ts'
import { nearest } from './nearest.ts'

/** The options that a program knows, by name without dashes. */
export type Options = Readonly<
  Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }>
>

/** What was given of each: texts of options with a value, in order, and `true` of those without one. */
export interface CommandLine {
  readonly texts: ReadonlyMap<string, readonly string[]>
  readonly flags: ReadonlySet<string>
  readonly positionals: readonly string[]
}

/**
 * Reads a command line. Throws AppError 'settings-invalid' that names the option that does not exist (and the one most like
 * it), lacks its value or has one too many.
 */
export function readCommandLine(argv: readonly string[], options: Options): CommandLine {
  const { tokens } = parseArgs({
    args: [...argv],
    options: { ...options },
    strict: false,
    allowPositionals: true,
    tokens: true
  })
  const texts = new Map<string, string[]>()
  const flags = new Set<string>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const known = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (known === undefined) throw unknownOption(token.rawName, Object.keys(options))
    if (known.type === 'boolean') {
      if (token.value !== undefined) throw invalid(`${token.rawName} takes no value.`)
      flags.add(token.name)
    } else {
      if (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))
        throw invalid(`${token.rawName} needs a value.`)
      texts.set(token.name, [...(texts.get(token.name) ?? []), token.value])
    }
  }
  return { texts, flags, positionals }
}

function unknownOption(given: string, names: readonly string[]): AppError {
  const like = given.startsWith('--')
    ? nearest(
        given,
        names.map((name) => `--${name}`)
      )
    : []
  return invalid(
    `There is no option ${given}.`,
    like.length > 0 ? `Did you mean ${like.join(' or ')}?` : 'See --help for what there is.'
  )
}
