import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import { extension } from './extensions/extension-files.ts'
import { deepest } from './model-files.ts'
import { stemOf } from './model-info.ts'
import { openRoots, strayError, type ModelRoots, type StrayLink } from './model-roots.ts'
import { shownName } from './tensor-table.ts'

/** A folder or link in a models folder that is not read, and why. */
export interface Unread {
  /** Path inside its models folder, with slashes. */
  readonly id: string
  /** Absolute path. */
  readonly file: string
  readonly error: AppError
  readonly stray: StrayLink | null
}

/**
 * What `folders` seem to hold and nobody reads: folders that may not be listed, and links that lead out of all of them, or nowhere;
 * to folders, to what may be weights, and to what lies beside weights under their name. What is inside a model is told with it. Each
 * once, in a stable order.
 */
export async function findUnread(folders: readonly string[]): Promise<readonly Unread[]> {
  const roots = await openRoots(folders)
  const seen = new Set<string>()
  const found = new Map<string, Unread>()
  for (const folder of folders) {
    const root = path.resolve(folder)
    for await (const unread of unreadIn(root, { roots, seen, depth: 0 }))
      if (!found.has(unread.file)) found.set(unread.file, { ...unread, id: idOf(root, unread.file) })
  }
  return [...found.values()]
}

const idOf = (root: string, file: string): string =>
  path.relative(root, file).split(path.sep).join('/') || path.basename(file)

interface Walk {
  readonly roots: ModelRoots
  /** Real paths. */
  readonly seen: Set<string>
  readonly depth: number
}

async function* unreadIn(folder: string, { roots, seen, depth }: Walk): AsyncGenerator<Omit<Unread, 'id'>> {
  const where = await roots.find(folder)
  if (where.is === 'stray') yield { file: folder, error: strayError(where.stray), stray: where.stray }
  if (where.is !== 'inside' || seen.has(where.real) || depth > deepest) return
  seen.add(where.real)
  if (!(await stat(where.real)).isDirectory()) return
  const entries = await readdir(where.real, { withFileTypes: true }).catch(asError)
  if (entries instanceof Error) {
    yield { file: folder, error: closedFolder(folder, entries), stray: null }
    return
  }
  if (entries.some(({ name }) => name === 'model_index.json')) return
  for (const place of await worthALook(folder, entries))
    yield* unreadIn(place, { roots, seen, depth: depth + 1 })
}

/** The folders, and the links that would be read. */
async function worthALook(folder: string, entries: readonly Dirent[]): Promise<readonly string[]> {
  const isNamed = namesOfWeights(entries)
  const places: string[] = []
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const place = path.join(folder, entry.name)
    if (entry.isDirectory() || (entry.isSymbolicLink() && (isNamed(entry.name) || (await isFolder(place)))))
      places.push(place)
  }
  return places.sort()
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

const closedFolder = (folder: string, cause: Error): AppError =>
  new AppError('model-unreadable', {
    message: `The folder ${shownName(folder)} may not be read (${'code' in cause ? String(cause.code) : cause.message}), and what is in it is not listed.`,
    hint: 'Let the user that runs Marquee read it, or move it out of the models folder.',
    cause
  })

/** Whether a name is that of weights, or of something that lies beside some. */
function namesOfWeights(entries: readonly Dirent[]): (name: string) => boolean {
  const stems = entries.flatMap(({ name }) =>
    extension.test(name) ? [`${stemOf(name).toLowerCase()}.`] : []
  )
  return (name) => extension.test(name) || stems.some((stem) => name.toLowerCase().startsWith(stem))
}

/** A folder, or, where nothing is left to tell, what is named like one. */
async function isFolder(place: string): Promise<boolean> {
  const stats = await stat(place).catch(() => null)
  return stats?.isDirectory() ?? path.extname(place) === ''
}
