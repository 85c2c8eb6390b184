import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { stemOf } from './model-info.ts'
import type { ModelRoots, StrayLink, Whereabouts } from './model-roots.ts'

interface Contents {
  /** Changes when one of the files does. */
  readonly stamp: string
  /** The first link among them that is not followed; one that leads nowhere is a file that is not there. */
  readonly stray: StrayLink | null
}

/** Endings of what is read beside a model's file. */
const sidecars = ['.json', '.yaml', '.vae.safetensors', '.vae.pt', '.vae.ckpt']

/** All that may be read when a model is opened: a file with its sidecars, or what is in a diffusers folder. */
export async function contentsOf(file: string, roots: ModelRoots): Promise<Contents> {
  const isFolder = (await stat(file)).isDirectory()
  const stamps: string[] = []
  const seen = new Set<string>()
  for (const each of isFolder ? [file] : [file, ...sidecarsOf(file)])
    for await (const { place, where } of placesIn(each, { roots, seen })) {
      if (where.is === 'stray' && !where.stray.isDead) return { stamp: '', stray: where.stray }
      stamps.push(await stampOfFile(place))
    }
  return { stamp: stamps.join('\n'), stray: null }
}

function sidecarsOf(file: string): readonly string[] {
  const stems = [stemOf(file), stemOf(file).split('.')[0] ?? '']
  const names = stems.flatMap((stem) => sidecars.map((ending) => stem + ending))
  return [...new Set(names)].map((name) => path.join(path.dirname(file), name))
}

/** A file, or the files in a folder and behind the links in it. */
async function* placesIn(
  place: string,
  { roots, seen }: { readonly roots: ModelRoots; readonly seen: Set<string> }
): AsyncGenerator<{ readonly place: string; readonly where: Whereabouts }> {
  const where = await roots.find(place)
  if (where.is !== 'inside' || !(await stat(where.real)).isDirectory()) {
    yield { place, where }
    return
  }
  // A link may lead round in a circle.
  if (seen.has(where.real)) return
  seen.add(where.real)
  for (const name of (await readdir(where.real)).sort())
    yield* placesIn(path.join(place, name), { roots, seen })
}

async function stampOfFile(file: string): Promise<string> {
  const stats = await stat(file).catch(() => null)
  return stats === null ? '' : `${file} ${stats.size} ${stats.mtimeMs}`
}
