import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { contentsOf } from '../model-contents.ts'
import { stemOf } from '../model-info.ts'
import { openRoots, type ModelRoots, type StrayLink } from '../model-roots.ts'

/** Files of one folder that may be read: absolute paths by their names in lower case. */
export type Neighbours = ReadonlyMap<string, string>

/** A file, or a ControlNet's diffusers folder, that may belong beside a model. */
export interface ExtensionFile {
  /** Path inside its models folder without extension, with slashes. */
  readonly id: string
  /** What prompts call it: its name without folder and extension. */
  readonly name: string
  /** Absolute path. */
  readonly file: string
  readonly isFolder: boolean
  /** Changes when the file does. */
  readonly stamp: string
  /** What lies beside it. */
  readonly neighbours: Neighbours
  /** A link that is not followed: this one, or one in the folder. It cannot be opened then. */
  readonly stray: StrayLink | null
}

export const extension = /\.(safetensors|ckpt|pth?|bin)$/i
const deepest = 12

/** Everything in `folders` that may be an extension, whatever its folder is called; each real file once, in a stable order. */
export async function findExtensionFiles(folders: readonly string[]): Promise<readonly ExtensionFile[]> {
  const roots = await openRoots(folders)
  const seen = new Set<string>()
  const found: ExtensionFile[] = []
  for (const folder of folders) {
    const root = path.resolve(folder)
    await walk(root, { root, roots, seen, found, neighbours: null, depth: 0 })
  }
  return found
}

interface Walk {
  readonly root: string
  readonly roots: ModelRoots
  /** Real paths. */
  readonly seen: Set<string>
  readonly found: ExtensionFile[]
  /** Null where nobody has looked. */
  readonly neighbours: Neighbours | null
  readonly depth: number
}

async function walk(place: string, { root, roots, seen, found, neighbours, depth }: Walk): Promise<void> {
  const where = await roots.find(place)
  const add = async (isFolder: boolean, rest: Pick<ExtensionFile, 'stamp' | 'stray'>): Promise<void> => {
    const relative = path.relative(root, place).split(path.sep).join('/') || path.basename(place)
    const id = path.posix.join(path.posix.dirname(relative), stemOf(relative))
    const beside = neighbours ?? (await neighboursIn(path.dirname(place), roots))
    found.push({ id, name: stemOf(place), file: place, isFolder, neighbours: beside, ...rest })
  }
  if (where.is === 'stray' && extension.test(place)) await add(false, { stamp: '', stray: where.stray })
  // A link may also lead round in a circle.
  if (where.is !== 'inside' || seen.has(where.real) || depth > deepest) return
  seen.add(where.real)
  const stats = await stat(where.real)
  const stamp = `${where.real} ${stats.size} ${stats.mtimeMs}`
  if (!stats.isDirectory()) {
    await add(false, { stamp, stray: null })
    return
  }
  const entries = (await readdir(where.real, { withFileTypes: true }).catch(() => [])).sort(byName)
  if (entries.some(({ name }) => name === 'model_index.json')) return
  if (isPart(entries)) {
    await add(true, { stamp, stray: (await contentsOf(place, roots)).stray })
    return
  }
  const inside = await neighboursAmong(entries, place, roots)
  for (const entry of entries)
    if (isOfInterest(entry))
      await walk(path.join(place, entry.name), {
        ...{ root, roots, seen, found },
        neighbours: inside,
        depth: depth + 1
      })
}

/** What lies in a folder; nothing where it cannot be read. */
export async function neighboursIn(folder: string, roots: ModelRoots): Promise<Neighbours> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return neighboursAmong(entries, folder, roots)
}

async function neighboursAmong(
  entries: readonly Dirent[],
  folder: string,
  roots: ModelRoots
): Promise<Neighbours> {
  const found = new Map<string, string>()
  for (const entry of entries) {
    const place = path.join(folder, entry.name)
    if (entry.isSymbolicLink() && (await roots.find(place)).is !== 'inside') continue
    if (entry.isFile() || entry.isSymbolicLink()) found.set(entry.name.toLowerCase(), place)
  }
  return found
}

const byName = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : 1)

/** One network in diffusers' layout. */
const isPart = (entries: readonly Dirent[]): boolean =>
  entries.some(({ name }) => name === 'config.json') &&
  entries.some(({ name }) => name.startsWith('diffusion_pytorch_model.'))

const isOfInterest = (entry: Dirent): boolean =>
  !entry.name.startsWith('.') &&
  entry.name !== 'node_modules' &&
  (entry.isDirectory() || entry.isSymbolicLink() || extension.test(entry.name))
