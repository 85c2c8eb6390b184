import { readFile } from 'node:fs/promises'
import { wrong } from './fields.ts'

/** A named piece of prompt, as in the web UI's `styles.csv`. */
export interface Style {
  readonly name: string
  readonly prompt: string
  readonly negative_prompt: string
}

/** The styles of a CSV file with the columns name, prompt and negative_prompt; none where there is no file. */
export async function readStyles(file: string): Promise<readonly Style[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })
  const [header = [], ...rows] = csvRows(text.replace(/^\uFEFF/, ''))
  const column = (name: string, row: readonly string[]): string => row[header.indexOf(name)] ?? ''
  return rows
    .map((row) => ({
      name: column('name', row),
      // Older files call it text.
      prompt: column('prompt', row) || column('text', row),
      negative_prompt: column('negative_prompt', row)
    }))
    .filter(({ name }) => name !== '')
}

/** RFC 4180. */
function csvRows(text: string): readonly (readonly string[])[] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain = '', end = ''] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g
  )) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (row.some((value) => value !== '')) rows.push(row)
    row = []
  }
  return rows
}

interface Prompts {
  readonly prompt: string
  readonly negativePrompt: string
}

/** Prompts with styles in them: in the place of `{prompt}`, else behind a comma. Throws AppError for a style there is not. */
export function withStyles(prompts: Prompts, names: readonly string[], styles: readonly Style[]): Prompts {
  return names.reduce(({ prompt, negativePrompt }, name) => {
    const style = styles.find((known) => known.name === name)
    if (style === undefined)
      throw wrong(
        'styles',
        `names no style there is: “${name.slice(0, 60)}”.`,
        'See GET /sdapi/v1/prompt-styles.'
      )
    return {
      prompt: merged(style.prompt, prompt),
      negativePrompt: merged(style.negative_prompt, negativePrompt)
    }
  }, prompts)
}

function merged(style: string, prompt: string): string {
  if (style.includes('{prompt}')) return style.replaceAll('{prompt}', () => prompt)
  return [prompt.trim(), style.trim()].filter((part) => part !== '').join(', ')
}
