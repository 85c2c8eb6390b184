import { AppError } from '../errors.ts'

/** Says which field is wrong, and how. */
export const wrong = (
  field: string,
  message: string,
  hint = `Correct ${field} and send the request again.`
): AppError => new AppError('bad-message', { message: `${field} ${message}`, field, hint })

interface Range {
  readonly min: number
  readonly max: number
}

/**
 * The fields of a JSON object as clients of the web UI send them: null is absent, numbers may be texts. What is there in another
 * form throws AppError 'bad-message' with the field.
 */
export interface Fields {
  readonly given: (name: string) => unknown
  readonly integer: (name: string, fallback: number, range: Range) => number
  readonly number: (name: string, fallback: number, range: Range) => number
  readonly text: (name: string, fallback: string) => string
  readonly flag: (name: string, fallback: boolean) => boolean
  readonly texts: (name: string) => readonly string[]
  /** The fields of an inner object; of none where it is absent. */
  readonly inner: (name: string) => Fields
  readonly entries: () => readonly (readonly [string, unknown])[]
}

/** `place` is where the object lies, with a dot at its end. Throws AppError 'bad-message' where it is none. */
export function fieldsOf(value: unknown, place = ''): Fields {
  const object = value ?? {}
  if (!isObject(object)) throw wrong(place.slice(0, -1) || 'body', 'must be an object.')
  const given = (name: string): unknown =>
    Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined

  const number = (name: string, fallback: number, { min, max }: Range): number => {
    const found = numberOf(given(name) ?? fallback)
    if (found !== null && found >= min && found <= max) return found
    throw wrong(place + name, `must be a number of ${min} to ${max}, but is ${shown(given(name))}.`)
  }

  return {
    given,
    number,
    integer: (name, fallback, range) => {
      const found = number(name, fallback, range)
      if (Number.isInteger(found)) return found
      throw wrong(place + name, `must be a whole number, but is ${shown(given(name))}.`)
    },
    text: (name, fallback) => {
      const found = given(name) ?? fallback
      if (typeof found === 'string') return found
      throw wrong(place + name, `must be a text, but is ${shown(found)}.`)
    },
    flag: (name, fallback) => {
      const found = flagOf(given(name) ?? fallback)
      if (found !== null) return found
      throw wrong(place + name, `must be true or false, but is ${shown(given(name))}.`)
    },
    texts: (name) => {
      const found = given(name) ?? []
      if (Array.isArray(found) && found.every((item) => typeof item === 'string')) return found
      throw wrong(place + name, `must be a list of texts, but is ${shown(found)}.`)
    },
    inner: (name) => fieldsOf(given(name), `${place}${name}.`),
    entries: () => Object.entries(object)
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function numberOf(value: unknown): number | null {
  if (typeof value === 'boolean') return Number(value)
  const found = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof found === 'number' && Number.isFinite(found) ? found : null
}

function flagOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.toLowerCase() : value
  if (word === 1 || word === 'true' || word === '1' || word === 'on' || word === 'yes') return true
  return word === 0 || word === 'false' || word === '0' || word === 'off' || word === 'no' ? false : null
}

/** A value in a sentence. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
