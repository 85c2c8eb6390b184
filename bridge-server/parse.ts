import type { TSchema } from 'typebox'
import type { TLocalizedValidationError } from 'typebox/error'
import { Check, Errors } from 'typebox/value'
import { AppError, toErrorReply } from './errors.ts'
import { clientMessages, type ClientMessage, type ServerMessage } from './protocol/messages.ts'

/** A message that can be taken, or the reply that says what is wrong, with the job it was about where that can be told. */
export type Parsed =
  | { readonly ok: true; readonly message: ClientMessage }
  | { readonly ok: false; readonly reply: Extract<ServerMessage, { type: 'error' }> }

/**
 * A client's text frame as a message. Checked by its `type` first and then against that one variant, so that the error
 * names the one field that is wrong and what it may be. Unknown fields are errors where a schema says so.
 */
export function parseClientMessage(text: string): Parsed {
  let value: unknown
  try {
    value = parseJson(text)
    return { ok: true, message: checkedMessage(value) }
  } catch (error) {
    const jobId = fieldOf(value, 'jobId')
    const about = typeof jobId === 'string' ? { jobId: jobId.slice(0, 64) } : {}
    return { ok: false, reply: { type: 'error', ...about, error: toErrorReply(error) } }
  }
}

function checkedMessage(value: unknown): ClientMessage {
  const type = fieldOf(value, 'type')
  const known = Object.keys(clientMessages).join(', ')
  switch (type) {
    case 'hello':
      return checked(clientMessages.hello, value)
    case 'generate':
      return checked(clientMessages.generate, value)
    case 'cancel':
      return checked(clientMessages.cancel, value)
    case 'reorder':
      return checked(clientMessages.reorder, value)
    default:
      throw new AppError('unknown-message', {
        message: `There is no message of type ${shown(type)}.`,
        hint: `Known types are: ${known}.`
      })
  }
}

/**
 * `value` as what `schema` describes. Throws AppError 'bad-message' that names the first wrong field and its range;
 * `name` is what the whole is called, `hint` what to do where "send it otherwise" is no advice.
 */
export function checked<Schema extends TSchema>(
  schema: Schema,
  value: unknown,
  { name = 'The message', hint }: { readonly name?: string; readonly hint?: string } = {}
) {
  if (Check(schema, value)) return value
  const first = firstComplaint(Errors(schema, value))
  if (first === undefined)
    throw new AppError('bad-message', {
      message: `${name} is malformed.`,
      hint: hint ?? 'Update whatever sent it: it may be of another version than the server.'
    })
  const field = first.instancePath.slice(1).replaceAll('/', '.') || name
  if (first.keyword === 'required')
    throw new AppError('bad-message', {
      message: `${named(field, first.params.requiredProperties[0])} is missing.`,
      hint: hint ?? 'Add it, or update whatever sent this: it may be older than the server.'
    })
  if (first.keyword === 'additionalProperties')
    throw new AppError('bad-message', {
      message: `${named(field, first.params.additionalProperties[0])} is not a known field.`,
      hint: hint ?? 'Leave it out, or update the server: it may be older than whatever sent this.'
    })
  throw new AppError('bad-message', {
    message: `${field} must be ${expectation(at(schema, first.schemaPath))}, but is ${shown(at(value, first.instancePath))}.`,
    hint: hint ?? `Change ${field} to such a value and send it again.`
  })
}

/** A union complains once for each variant and once for itself; what counts is the deepest field, then the union's own words. */
function firstComplaint(errors: TLocalizedValidationError[]): TLocalizedValidationError | undefined {
  const unions = new Set(
    errors.filter(({ keyword }) => keyword === 'anyOf').map(({ instancePath }) => instancePath)
  )
  return errors.find(({ keyword, instancePath }) => {
    if (keyword === 'boolean') return false
    if (keyword !== 'anyOf') return !unions.has(instancePath)
    return !errors.some((other) => other.instancePath.startsWith(`${instancePath}/`))
  })
}

const named = (parent: string, name: string | undefined): string =>
  parent === 'The message' ? String(name) : `${parent}.${String(name)}`

/** What a schema allows, in words. */
function expectation(schema: unknown): string {
  const anyOf = fieldOf(schema, 'anyOf')
  if (Array.isArray(anyOf)) {
    const choices = anyOf.map(expectation)
    return choices.length > 2 ? `one of ${choices.join(', ')}` : choices.join(' or ')
  }
  const fixed = fieldOf(schema, 'const')
  if (fixed !== undefined) return typeof fixed === 'string' ? fixed : JSON.stringify(fixed)
  const type = fieldOf(schema, 'type')
  switch (type) {
    case 'integer':
      return `a whole number${range(schema, 'minimum', 'maximum')}`
    case 'number':
      return `a number${range(schema, 'minimum', 'maximum')}`
    case 'string': {
      const pattern = fieldOf(schema, 'pattern')
      return typeof pattern === 'string'
        ? `a text that matches ${pattern}`
        : `a text${range(schema, 'minLength', 'maxLength', ' characters')}`
    }
    case 'boolean':
      return 'true or false'
    case 'null':
      return 'null'
    case 'array':
      return `a list${range(schema, 'minItems', 'maxItems', ' items')}`
    default:
      return 'an object'
  }
}

function range(schema: unknown, lowest: string, highest: string, unit = ''): string {
  const low = fieldOf(schema, lowest)
  const high = fieldOf(schema, highest)
  if (typeof low !== 'number') return typeof high === 'number' ? ` of at most ${high}${unit}` : ''
  return typeof high === 'number' ? ` of ${low} to ${high}${unit}` : ` of at least ${low}${unit}`
}

/** What lies at a JSON pointer ("/request/area" or "#/properties/request"). */
const at = (value: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce((inner, name) => fieldOf(inner, name.replaceAll('~1', '/').replaceAll('~0', '~')), value)

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function shown(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** Levels of lists and objects at most; what we understand has seven. */
const deepest = 32

/** JSON of a stranger. Throws AppError 'bad-message' where it is none, or is nested deeper than anything that is meant. */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new AppError('bad-message', {
      message: 'The message is not JSON.',
      hint: 'Send one JSON object, whole and in UTF-8.'
    })
  }
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest)
      throw new AppError('bad-message', {
        message: `The message is nested deeper than ${deepest} levels.`,
        hint: 'Send a flatter one; nothing that the server knows goes deeper than seven.'
      })
    level = level.flatMap((inner) =>
      typeof inner === 'object' && inner !== null ? Object.values<unknown>({ ...inner }) : []
    )
  }
  return value
}
