import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import { deepest, extension, otherKinds, separateVae } from './model-files.ts'
import { displayName } from './model-info.ts'
import { openRoots, type ModelRoots } from './model-roots.ts'

/** A file with an autoencoder that any model may be given. */
export interface VaeFile {
  /** Its path inside the models folder, with slashes and extension. */
  readonly id: string
  readonly label: string
  /** Absolute path. */
  readonly file: string
}

/** What lies in folders named `vae` (as A1111 and ComfyUI have them), and NAME.vae.safetensors beside models; each real file once. */
export async function findVaeFiles(folders: readonly string[]): Promise<readonly VaeFile[]> {
  const roots = await openRoots(folders)
  const found = new Map<string, VaeFile>()
  const seen = new Set<string>()
  for (const folder of folders) {
    const root = path.resolve(folder)
    const isVae = /^vae$/i.test(path.basename(root))
    for await (const file of walk(root, { roots, seen, isVae, depth: 0 })) {
      const relative = path.relative(root, file).split(path.sep).join('/') || path.basename(file)
      const id = found.has(relative) ? `${path.basename(root)}/${relative}` : relative
      if (!found.has(id)) found.set(id, { id, label: displayName(file), file })
    }
  }
  return [...found.values()]
}

/** The file of a VAE that was chosen for a model. Throws AppError 'model-missing'. */
export function chosenVae(id: string, model: string, vaes: readonly VaeFile[]): string {
  const found = vaes.find((vae) => vae.id === id)
  if (found !== undefined) return found.file
  throw new AppError('model-missing', {
    message: `The VAE “${id}” that was chosen for “${model}” is not there.`,
    hint:
      vaes.length === 0
        ? 'Put the file into a folder named vae in a models folder, or choose the model’s own VAE.'
        : `Put the file back, or choose another; there are: ${vaes.map((vae) => vae.id).join(', ')}.`
  })
}

interface Walk {
  readonly roots: ModelRoots
  /** Real paths. */
  readonly seen: Set<string>
  /** Inside a folder of VAEs. */
  readonly isVae: boolean
  readonly depth: number
}

async function* walk(place: string, { roots, seen, isVae, depth }: Walk): AsyncGenerator<string> {
  const where = await roots.find(place)
  if (where.is !== 'inside' || seen.has(where.real) || depth > deepest) return
  seen.add(where.real)
  if (!(await stat(where.real)).isDirectory()) {
    if (extension.test(place) && (isVae || separateVae.test(place))) yield place
    return
  }
  const names = (await readdir(where.real).catch(() => [])).sort()
  if (names.includes('model_index.json')) return
  for (const name of names) {
    const isVaeFolder = /^vae$/i.test(name)
    if (name.startsWith('.') || (otherKinds.test(name) && !isVaeFolder)) continue
    yield* walk(path.join(place, name), { roots, seen, isVae: isVae || isVaeFolder, depth: depth + 1 })
  }
}
