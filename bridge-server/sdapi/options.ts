import { existsSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { AppError } from '../errors.ts'
import { isObject } from './fields.ts'

export type OptionValues = Readonly<Record<string, unknown>>

/** What each client has set of the web UI's options. */
export interface Options {
  of(client: string): OptionValues
  /** Sets some and keeps the others, on the disk. Rejects with AppError 'too-large'. */
  set(client: string, changes: OptionValues): Promise<void>
}

/** Characters of one client's options as JSON: the web UI itself has some 200 options. */
const maxLength = 256 * 1024

/** Options in a JSON file. Throws AppError 'settings-invalid' for a damaged one. */
export function openOptions(file: string): Options {
  const all = new Map<string, OptionValues>(read(file))
  let writing = Promise.resolve()
  return {
    of: (client) => all.get(client) ?? {},
    async set(client, changes) {
      const changed = { ...all.get(client), ...changes }
      const { length } = JSON.stringify(changed)
      if (length > maxLength)
        throw new AppError('too-large', {
          message: `The options would have ${length} characters; ${maxLength} are allowed.`
        })
      all.set(client, changed)
      const text = JSON.stringify(Object.fromEntries(all), null, 2)
      writing = writing.catch(() => undefined).then(() => write(file, text))
      await writing
    }
  }
}

function read(file: string): readonly (readonly [string, OptionValues])[] {
  if (!existsSync(file)) return []
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!isObject(found)) throw new Error('it holds no object')
    return Object.entries(found).map(([client, values]) => [client, isObject(values) ? values : {}])
  } catch (cause) {
    throw new AppError('settings-invalid', {
      message: `The file ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: 'Mend it, or delete it; it holds the options that clients of /sdapi/v1 have set.',
      cause
    })
  }
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(`${file}.draft`, text, { mode: 0o600, flush: true })
  await rename(`${file}.draft`, file)
}
