/** What a picture says about how it was made, in the web UI's words. */
export interface Parameters {
  readonly prompt: string
  readonly negativePrompt: string
  /** Such as Steps, Sampler, CFG scale, Seed; a size `512x768` is read as two fields, Size-1 and Size-2. */
  readonly fields: ReadonlyMap<string, string>
}

/** A field to be written; one without a value is left out. */
export type Field = readonly [name: string, value: string | number | null]

const negativeMark = 'Negative prompt:'

/**
 * The text under the keyword `parameters` of a PNG (EXIF UserComment in JPEG and WebP), as the web UI writes it. The order
 * of the fields is the caller's; the web UI's begins with Steps, Sampler, Schedule type, CFG scale, Seed, Size, Model hash, Model.
 */
export function writeParameters(prompt: string, negativePrompt: string, fields: readonly Field[]): string {
  const negative = negativePrompt === '' ? [] : [`${negativeMark} ${negativePrompt}`]
  return [prompt, ...negative, writeFields(fields)].join('\n').trim()
}

/** Fields in one line; a value that could be taken for more is quoted. */
export const writeFields = (fields: readonly Field[]): string =>
  fields.flatMap(([name, value]) => (value === null ? [] : [`${name}: ${quoted(String(value))}`])).join(', ')

const quoted = (value: string): string => (/[,:\n]/.test(value) ? JSON.stringify(value) : value)

/** Reads such a text, from anyone: takes any text, in linear time. Without fields everything is prompt. */
export function readParameters(text: string): Parameters {
  const lines = text.trim().split('\n')
  const pairs = readPairs(lines.at(-1)!.trim())
  // Fewer could be words of a prompt that happen to have colons.
  const hasFields = pairs.length >= 3
  const words = hasFields ? lines.slice(0, -1) : lines
  const trimmed = words.map((line) => line.trim())
  const mark = trimmed.findIndex((line) => line.startsWith(negativeMark))
  const split = mark < 0 ? trimmed.length : mark
  const negative = trimmed
    .slice(split)
    .map((line) => (line.startsWith(negativeMark) ? line.slice(negativeMark.length).trim() : line))
  return {
    prompt: joined(trimmed.slice(0, split)),
    negativePrompt: joined(negative),
    fields: new Map(hasFields ? pairs.flatMap(fieldsOf) : [])
  }
}

/** Empty lines in front of the first words go, as in the web UI. */
const joined = (lines: readonly string[]): string => lines.join('\n').replace(/^\n+/, '')

function fieldsOf([name, written]: readonly [string, string]): readonly (readonly [string, string])[] {
  const value = unquoted(written)
  if (value === '') return []
  const size = /^(\d+)x(\d+)$/.exec(value)
  if (size === null) return [[name, value]]
  return [
    [`${name}-1`, size[1]!],
    [`${name}-2`, size[2]!]
  ]
}

function unquoted(value: string): string {
  if (!/^".*"$/s.test(value)) return value
  try {
    const text: unknown = JSON.parse(value)
    return typeof text === 'string' ? text : value
  } catch {
    return value
  }
}

const keyCharacter = /[\p{L}\p{N}_ \-/]/u
const wordCharacter = /[\p{L}\p{N}_]/u

/** The `key: value` pairs of a line. A key has two characters or more; a value goes to the next comma or is quoted. */
function readPairs(line: string): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = []
  let from = 0
  for (let colon = line.indexOf(':'); colon >= 0; colon = line.indexOf(':', Math.max(from, colon + 1))) {
    const key = keyBefore(line, colon, from)
    if (key.length < 2) continue
    const start = colon + 1 + /^\s*/.exec(line.slice(colon + 1))![0].length
    const end = valueEnd(line, start)
    pairs.push([key, line.slice(start, end)])
    from = end + 1
  }
  return pairs
}

function keyBefore(line: string, colon: number, from: number): string {
  let start = colon
  while (start > from && keyCharacter.test(line.charAt(start - 1))) start--
  while (start < colon && !wordCharacter.test(line.charAt(start))) start++
  return line.slice(start, colon)
}

function valueEnd(line: string, start: number): number {
  const comma = line.indexOf(',', start)
  const plain = comma < 0 ? line.length : comma
  if (line[start] !== '"') return plain
  let at = start + 1
  while (at < line.length && line[at] !== '"') at += line[at] === '\\' ? 2 : 1
  const whole = at < line.length && at > start + 1
  return whole && (at + 1 === line.length || line[at + 1] === ',') ? at + 1 : plain
}
