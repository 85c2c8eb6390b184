import { readFileSync } from 'node:fs'
import path from 'node:path'

/** What the comments of a schema and of its fields say, as plain sentences. */
export interface SchemaComments {
  readonly about: string | null
  readonly fields: ReadonlyMap<string, string>
}

/**
 * The doc comments of a module of protocol/, by the name of the schema: they are written once, beside the fields, and read by
 * people there, in the help of the command line and in the description of the API.
 */
export function schemaComments(module: string): ReadonlyMap<string, SchemaComments> {
  const text = readFileSync(path.join(import.meta.dirname, 'protocol', module), 'utf8')
  const found = new Map<string, SchemaComments>()
  const starts = [...text.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export const (\w+) =/g)]
  for (const [index, start] of starts.entries()) {
    const [whole, about, name = ''] = start
    const body = text.slice(start.index + whole.length, starts[index + 1]?.index ?? text.length)
    const fields = [...body.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+):/g)].map(
      ([, comment = '', field = '']) => [field, plain(comment)] as const
    )
    // The first of a name is the schema's own; fields of nested ones come later.
    found.set(name, { about: about === undefined ? null : plain(about), fields: new Map(fields.reverse()) })
  }
  return found
}

const plain = (comment: string): string =>
  comment
    .replaceAll(/\n\s*\*/g, '\n')
    .replaceAll(/\s+/g, ' ')
    .trim()
