import type { CommandLine } from '../command-line.ts'
import { invalid } from '../config-values.ts'
import { AppError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { checked } from '../parse.ts'
import type { SchemaComments } from '../schema-comments.ts'
import { textOf, type CommandOption } from './command.ts'

/** The fields of a schema, such as `Sampling.properties`. */
type Fields = Readonly<Record<string, Parameters<typeof checked>[0]>>

/** `guidanceRescale` → `guidance-rescale`. */
export const optionName = (field: string): string =>
  field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** An option for each field, named as it is and described by its comment. */
export function schemaOptions(
  fields: Fields,
  comments: SchemaComments
): Readonly<Record<string, CommandOption>> {
  return Object.fromEntries(
    Object.entries(fields).map(([field, schema]) => {
      const about = [comments.fields.get(field) ?? '', rangeOf(schema)].join(' ').trim()
      const isFlag = partOf(schema, 'type') === 'boolean'
      const option: CommandOption = isFlag
        ? { type: 'boolean', about }
        : { type: 'string', value: valueOf(schema), about }
      return [optionName(field), option]
    })
  )
}

/** The fields that were given. Throws AppError 'settings-invalid' that names the option and what it may be. */
export function readSchemaOptions(fields: Fields, line: CommandLine): Readonly<Record<string, unknown>> {
  const given: Record<string, unknown> = {}
  for (const [field, schema] of Object.entries(fields)) {
    const name = optionName(field)
    const text = textOf(line, name)
    if (line.flags.has(name)) given[field] = true
    if (text === undefined) continue
    given[field] = parsed(schema, text, `--${name}`)
  }
  return given
}

/**
 * Fields written as `name=value,name=value`, by their own names or as options are written. Throws AppError 'settings-invalid'.
 */
export function readFields(fields: Fields, text: string, option: string): Readonly<Record<string, unknown>> {
  const given: Record<string, unknown> = {}
  for (const pair of text.split(',')) {
    const [, name = '', value] = /^\s*([^=]*?)\s*=(.*)$/.exec(pair) ?? []
    if (value === undefined) throw invalid(`${option} takes name=value,name=value, but has “${pair}”.`)
    const field = Object.keys(fields).find((known) => known === name || optionName(known) === name)
    const schema = field === undefined ? undefined : fields[field]
    if (field === undefined || schema === undefined) {
      const like = nearest(name, Object.keys(fields))
      throw invalid(
        `${option} has no “${name}”.`,
        like.length > 0 ? `Did you mean ${like.join(' or ')}?` : `It knows ${Object.keys(fields).join(', ')}.`
      )
    }
    given[field] = parsed(schema, value, `${field} of ${option}`)
  }
  return given
}

/** Text as what the schema takes; what it cannot be is refused in words that say what it should be. */
function parsed(schema: Fields[string], text: string, name: string): unknown {
  const number = text.trim() === '' || Number.isNaN(Number(text)) ? null : Number(text)
  const flag = text === 'true' ? true : text === 'false' ? false : null
  const meanings = [sizeOf(text), number, flag, text].filter((meaning) => meaning !== null)
  for (const meaning of meanings) if (complaint(schema, meaning, name) === null) return meaning
  throw complaint(schema, number ?? text, name) ?? new Error('Bug: nothing is wrong with it')
}

function complaint(schema: Fields[string], value: unknown, name: string): AppError | null {
  try {
    checked(schema, value, { name })
    return null
  } catch (error) {
    if (error instanceof AppError) return invalid(error.message)
    throw error
  }
}

/** `512x768` as a size. */
export function sizeOf(text: string): { width: number; height: number } | null {
  const [, width, height] = /^(\d{1,6})[x×*](\d{1,6})$/i.exec(text) ?? []
  return width === undefined || height === undefined ? null : { width: Number(width), height: Number(height) }
}

function valueOf(schema: Fields[string]): string {
  const choices = partOf(schema, 'anyOf')
  if (Array.isArray(choices))
    return choices.map((choice: unknown) => String(partOf(choice, 'const'))).join('|')
  switch (partOf(schema, 'type')) {
    case 'object':
      return 'WxH'
    case 'string':
      return 'NAME'
    default:
      return 'N'
  }
}

/** `(1 to 150)`; empty where the schema has no two ends. */
function rangeOf(schema: Fields[string]): string {
  const [least, most] = [partOf(schema, 'minimum'), partOf(schema, 'maximum')]
  return typeof least === 'number' && typeof most === 'number' ? `(${least} to ${most})` : ''
}

const partOf = (schema: unknown, name: string): unknown =>
  typeof schema === 'object' && schema !== null ? Reflect.get(schema, name) : undefined
