import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { stemOf } from '../model-info.ts'

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
}

const extension = /\.(safetensors|ckpt|pth?|bin)$/i
const deepest = 12

/** Everything in `folders` that may be an extension, whatever its folder is called; each real file once, in a stable order. */
export async function findExtensionFiles(folders: readonly string[]): Promise<readonly ExtensionFile[]> {
  const seen = new Set<string>()
  const found: ExtensionFile[] = []
  for (const folder of folders)
    await walk(path.resolve(folder), { root: path.resolve(folder), seen, found, depth: 0 })
  return found
}

interface Walk {
  readonly root: string
  readonly seen: Set<string>
  readonly found: ExtensionFile[]
  readonly depth: number
}

async function walk(place: string, { root, seen, found, depth }: Walk): Promise<void> {
  const real = await realpath(place).catch(() => null)
  // A link that leads nowhere, or round in a circle.
  if (real === null || seen.has(real) || depth > deepest) return
  seen.add(real)
  const stats = await stat(real)
  const isFolder = stats.isDirectory()
  const entries = isFolder ? (await readdir(real, { withFileTypes: true })).sort(byName) : []
  if (isFolder && entries.some(({ name }) => name === 'model_index.json')) return
  if (!isFolder || isPart(entries)) {
    const relative = path.relative(root, place).split(path.sep).join('/') || path.basename(place)
    const id = path.posix.join(path.posix.dirname(relative), stemOf(relative))
    const stamp = `${real} ${stats.size} ${stats.mtimeMs}`
    found.push({ id, name: stemOf(place), file: place, isFolder, stamp })
    return
  }
  for (const entry of entries)
    if (isOfInterest(entry)) await walk(path.join(place, entry.name), { root, seen, found, depth: depth + 1 })
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
