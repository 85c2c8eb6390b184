import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { contentsOf } from './model-contents.ts'
import { stemOf } from './model-info.ts'
import { openRoots, type ModelRoots, type StrayLink } from './model-roots.ts'

/** A file or diffusers folder that may be a model. */
export interface ModelFile {
  readonly id: string
  /** Absolute path. */
  readonly file: string
  /** Changes when the file, one of its sidecars or a file of the folder does. */
  readonly stamp: string
  /** A link that is not followed: this one, or one among what would be read with it. It cannot be opened then. */
  readonly stray: StrayLink | null
}

export const extension = /\.(safetensors|ckpt|pth?)$/i
export const separateVae = /\.vae\.(safetensors|ckpt|pt)$/i
/** In A1111's, ComfyUI's and our own folders: what lies there belongs to models and is none. */
export const otherKinds =
  /^(lora|loras|lycoris|locon|vae|vae[-_]approx|embeddings|textual_inversion|hypernetworks?|controlnet|t2i_adapter|ip-?adapter|upscale_models|upscalers|(real)?esrgan|swinir|scunet|ldsr|dat|hat|gfpgan|codeformer|facerestore_models|clip|clip_vision|text_encoders?|unet|diffusion_models|style_models|gligen|photomaker|motion|animatediff.*|adetailer|ultralytics|sams?|insightface|midas|annotators|deepbooru|torch_deepdanbooru|blip|karlo|node_modules)$/i
export const deepest = 12

/**
 * Everything in `folders` that may be a model, each real file once, in a stable order with unique ids: the path inside
 * its folder without the extension, with slashes. A folder that is not there has no models. A name in `folders` may
 * also be a file or a diffusers folder.
 */
export async function findModelFiles(folders: readonly string[]): Promise<ModelFile[]> {
  const roots = await openRoots(folders)
  const seen = new Set<string>()
  const ids = new Map<string, string>()
  const found: ModelFile[] = []
  for (const folder of folders) {
    const root = path.resolve(folder)
    for await (const { file, stray } of walk(root, { roots, seen, depth: 0 })) {
      const id = uniqueId(root, file, ids)
      ids.set(id, root)
      found.push({ id, file, ...(stray === null ? await contentsOf(file, roots) : { stamp: '', stray }) })
    }
  }
  return found
}

interface Walk {
  readonly roots: ModelRoots
  /** Real paths. */
  readonly seen: Set<string>
  readonly depth: number
}

async function* walk(
  place: string,
  { roots, seen, depth }: Walk
): AsyncGenerator<{ readonly file: string; readonly stray: StrayLink | null }> {
  const where = await roots.find(place)
  if (where.is === 'stray' && isModelName(place)) yield { file: place, stray: where.stray }
  // A link may also lead round in a circle.
  if (where.is !== 'inside' || seen.has(where.real) || depth > deepest) return
  seen.add(where.real)
  const stats = await stat(where.real)
  if (!stats.isDirectory()) {
    if (isModelName(place)) yield { file: place, stray: null }
    return
  }
  // A folder that may not be read is told by unread.ts.
  const entries = (await readdir(where.real, { withFileTypes: true }).catch(() => [])).sort(byName)
  if (entries.some(({ name }) => name === 'model_index.json')) yield { file: place, stray: null }
  else
    for (const entry of entries)
      if (isOfInterest(entry)) yield* walk(path.join(place, entry.name), { roots, seen, depth: depth + 1 })
}

const isModelName = (file: string): boolean => extension.test(file) && !separateVae.test(file)

/** By stem, safetensors before pickles: a file keeps its id when the same model is added in the older format. */
function byName(a: Dirent, b: Dirent): number {
  const key = ({ name }: Dirent): string => `${stemOf(name)}\n${name.endsWith('.safetensors') ? 0 : 1}${name}`
  return key(a) < key(b) ? -1 : 1
}

function isOfInterest(entry: Dirent): boolean {
  if (entry.name.startsWith('.')) return false
  return entry.isFile() || !otherKinds.test(entry.name)
}

/**
 * `a/b`; where another folder has that, `folder/a/b`; where it is taken by a file of the same folder, with its extension;
 * then with a number. `taken` has the root of each id.
 */
function uniqueId(root: string, file: string, taken: ReadonlyMap<string, string>): string {
  const relative = path.relative(root, file).split(path.sep).join('/') || path.basename(file)
  const short = path.posix.join(path.posix.dirname(relative), stemOf(relative))
  const base = path.basename(root)
  const candidates =
    taken.get(short) === root ? [short, relative] : [short, `${base}/${short}`, `${base}/${relative}`]
  const free = candidates.find((id) => !taken.has(id))
  if (free !== undefined) return free
  let n = 2
  while (taken.has(`${short} (${n})`)) n++
  return `${short} (${n})`
}
