import { readText } from './open-file.ts'
import { unreadable } from './tensor-table.ts'

/** A JSON object whose fields are read with their types checked; absent and null fields are undefined. */
export interface Config {
  readonly file: string
  text(key: string): string | undefined
  number(key: string): number | undefined
  flag(key: string): boolean | undefined
  /** A list of numbers, or one number as it is. */
  numbers(key: string): number | readonly number[] | undefined
  /** Objects in a list, or the object itself, as configs. */
  list(key: string): readonly Config[] | undefined
  object(key: string): Config | undefined
  /** The value as it is, for what has no fixed type. */
  raw(key: string): unknown
  readonly keys: readonly string[]
}

/** Null where there is no such file. Throws AppError 'model-unreadable' for one that is not a JSON object. */
export async function readConfig(file: string): Promise<Config | null> {
  let text: string
  try {
    text = await readText(file)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return null
    throw unreadable(file, cause instanceof Error ? cause.message : 'it does not open', cause)
  }
  try {
    return configOf(file, JSON.parse(text))
  } catch (cause) {
    if (cause instanceof SyntaxError) throw unreadable(file, 'it is not JSON', cause)
    throw cause
  }
}

export async function requireConfig(file: string): Promise<Config> {
  const config = await readConfig(file)
  if (config === null) throw unreadable(file, 'it is missing')
  return config
}

/** `value` as a config; `file` is what messages name. */
function configOf(file: string, value: unknown): Config {
  if (!isRecord(value)) throw unreadable(file, 'it does not hold an object')
  const field = (key: string): unknown => (Object.hasOwn(value, key) ? (value[key] ?? undefined) : undefined)
  const typed = <T>(key: string, is: (value: unknown) => value is T, what: string): T | undefined => {
    const found = field(key)
    if (found === undefined) return undefined
    if (!is(found)) throw unreadable(file, `“${key}” is to be ${what}, not ${JSON.stringify(found)}`)
    return found
  }
  return {
    file,
    keys: Object.keys(value),
    raw: field,
    text: (key) => typed(key, (x) => typeof x === 'string', 'a text'),
    number: (key) => typed(key, isNumber, 'a number'),
    flag: (key) => typed(key, (x) => typeof x === 'boolean', 'true or false'),
    numbers: (key) => typed(key, (x) => isNumber(x) || isNumbers(x), 'a number or a list of numbers'),
    list: (key) => typed(key, isList, 'a list')?.map((item) => configOf(file, item)),
    object: (key) => {
      const found = typed(key, isRecord, 'an object')
      return found === undefined ? undefined : configOf(file, found)
    }
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
const isNumbers = (value: unknown): value is readonly number[] => isList(value) && value.every(isNumber)
