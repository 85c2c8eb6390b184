import { readFile } from 'node:fs/promises'
import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser'
import { AppError } from '../errors.ts'
import { DownloadCatalogue, DownloadEntry } from '../protocol/downloads.ts'
import type { ErrorReply } from '../protocol/errors.ts'
import { checked } from '../parse.ts'
import { faultOfMirror } from './addresses.ts'
import { placeOf } from './places.ts'

/** What can be downloaded, and what is wrong in the files that say so. */
export interface DownloadsOffered {
  /** In the order of the files; ids and places are unique. */
  readonly entries: readonly DownloadEntry[]
  readonly problems: readonly ErrorReply[]
}

/**
 * The entries of several catalogue files. One of a later file takes the place of an earlier one's with the same id. A mistake
 * hides the entry it is in, or a file that cannot be read, and is said by file, entry and field; a file that is not there
 * has no entries.
 */
export async function readCatalogues(files: readonly string[]): Promise<DownloadsOffered> {
  const byId = new Map<string, DownloadEntry>()
  const problems: ErrorReply[] = []
  for (const file of files) {
    const own = new Set<string>()
    for (const read of await readEntries(file)) {
      if ('problem' in read) problems.push(read.problem)
      else {
        const problem = collisionOf(read.entry, { file, own, byId })
        own.add(read.entry.id)
        if (problem === null) byId.set(read.entry.id, read.entry)
        else problems.push(problem)
      }
    }
  }
  return { entries: [...byId.values()], problems }
}

type Read = { readonly entry: DownloadEntry } | { readonly problem: ErrorReply }

async function readEntries(file: string): Promise<readonly Read[]> {
  let text = ''
  let listed: readonly unknown[]
  try {
    text = await readFile(file, 'utf8')
    listed = checked(DownloadCatalogue, parsed(text), { hint: mend }).entries
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    return [{ problem: problemIn(file, error) }]
  }
  return listed.map((value, at) => {
    try {
      return { entry: checkedEntry(value) }
    } catch (error) {
      return { problem: problemIn(`${file}, entry ${at + 1}${nameOf(value, text)}`, error) }
    }
  })
}

/** Throws AppError that says the line where it is no JSON. */
function parsed(text: string): unknown {
  const mistakes: ParseError[] = []
  // Editors of Windows put a mark before the text.
  const value: unknown = parse(text.replace(/^\uFEFF/, ''), mistakes, { disallowComments: true })
  const [first] = mistakes
  if (first === undefined) return value
  const words = printParseErrorCode(first.error).replaceAll(
    /(?<=.)[A-Z]/g,
    (letter) => ` ${letter.toLowerCase()}`
  )
  throw new AppError('bad-message', {
    message: `line ${lineAt(text, first.offset)} is no JSON (${words.toLowerCase()}).`,
    hint: mend
  })
}

const lineAt = (text: string, position: number): number => text.slice(0, position).split('\n').length

function checkedEntry(value: unknown): DownloadEntry {
  const entry = checked(DownloadEntry, value, { hint: mend })
  for (const url of entry.mirrors) {
    const fault = faultOfMirror(url, { hasHash: entry.sha256 !== null })
    if (fault !== null)
      throw new AppError('bad-message', {
        message: `the mirror ${url.slice(0, 200)} ${fault}.`,
        hint: 'Give the entry another mirror, or take this one out; CONTRIBUTING.md says what a mirror may be.'
      })
  }
  return entry
}

function collisionOf(
  entry: DownloadEntry,
  { file, own, byId }: { file: string; own: ReadonlySet<string>; byId: ReadonlyMap<string, DownloadEntry> }
): ErrorReply | null {
  if (own.has(entry.id))
    return problemIn(
      file,
      new AppError('bad-message', {
        message: `there are two entries with the id “${entry.id}”.`,
        hint: 'Give one of them another id, or take it out.'
      })
    )
  // Names that differ in case only are one file on many disks.
  const place = placeOf(entry).toLowerCase()
  const other = [...byId.values()].find(
    ({ id, ...each }) => id !== entry.id && placeOf(each).toLowerCase() === place
  )
  if (other === undefined) return null
  return problemIn(
    `${file}, entry “${entry.id}”`,
    new AppError('bad-message', {
      message: `file is ${entry.file}, as that of “${other.id}”.`,
      hint: 'Give one of them another file, or take it out.'
    })
  )
}

const mend = 'Mend it; CONTRIBUTING.md says what an entry has.'

/** Its id, and the line where that stands. */
const nameOf = (value: unknown, text: string): string => {
  const id: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : undefined
  if (typeof id !== 'string') return ''
  const at = [...text.matchAll(/"id"\s*:\s*("(?:[^"\\]|\\.)*")/g)].find(
    ([, written = '']) => written === JSON.stringify(id)
  )
  return ` (“${id.slice(0, 64)}”${at === undefined ? '' : `, line ${lineAt(text, at.index)}`})`
}

function problemIn(where: string, error: unknown): ErrorReply {
  const { message, hint = mend }: { readonly message: string; readonly hint?: string | undefined } =
    error instanceof AppError
      ? error
      : {
          message: `it cannot be read (${error instanceof Error ? error.message : String(error)}).`
        }
  return { code: 'settings-invalid', message: `${where}: ${message}`, hint }
}
