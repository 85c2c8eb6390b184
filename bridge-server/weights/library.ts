import path from 'node:path'
import { AppError, toErrorReply } from '../errors.ts'
import type { ModelInfo, RefusedModel } from '../protocol/catalogue.ts'
import type { Checkpoint } from './checkpoint.ts'
import { findModelFiles, type ModelFile } from './model-files.ts'
import { createModelHashes } from './model-hashes.ts'
import { displayName } from './model-info.ts'
import { openCheckpoint } from './open-checkpoint.ts'

/** The models in a few folders. */
export interface Library {
  /** All of them, and the files that cannot be used; reads headers of what is new or changed. Begins to hash them. */
  catalogue(): Promise<{ models: ModelInfo[]; refused: RefusedModel[] }>
  /** Opens one. Throws AppError: 'model-missing', or why it cannot be used. */
  find(id: string): Promise<Checkpoint>
  /** Resolves when every hash asked for is known. */
  hashed(): Promise<void>
  /** Stops hashing. */
  close(): void
}

interface LibraryOptions {
  /** Where to look, in this order; also folders of A1111 and ComfyUI, single files and diffusers folders. */
  readonly folders: readonly string[]
  /** For hashes and converted pickles. */
  readonly cacheFolder: string
}

/** What was seen of a file when its stamp was this. */
type Seen = { readonly stamp: string } & (
  { readonly info: ModelInfo; readonly hashedFiles: readonly string[] } | { readonly error: unknown }
)

export function openLibrary({ folders, cacheFolder }: LibraryOptions): Library {
  const seen = new Map<string, Seen>()
  const hashes = createModelHashes(cacheFolder)
  const options = { cacheFolder: path.join(cacheFolder, 'converted') }

  const look = async ({ file, stamp }: ModelFile): Promise<Seen> => {
    const before = seen.get(file)
    if (before?.stamp === stamp) return before
    const now = await openCheckpoint(file, options).then(
      (checkpoint) => ({ stamp, info: checkpoint.info, hashedFiles: hashedFiles(file, checkpoint) }),
      (error: unknown) => ({ stamp, error })
    )
    seen.set(file, now)
    return now
  }

  const missing = async (id: string, files: readonly ModelFile[]): Promise<AppError> => {
    const ids: string[] = []
    for (const file of files) if ('info' in (await look(file))) ids.push(file.id)
    return new AppError('model-missing', {
      message: `There is no model “${id}”.`,
      hint:
        ids.length === 0
          ? `No models were found; put one into ${folders.join(' or ')}.`
          : `The models here are: ${ids.join(', ')}.`
    })
  }

  return {
    async catalogue() {
      const models: ModelInfo[] = []
      const refused: RefusedModel[] = []
      for (const found of await findModelFiles(folders)) {
        const was = await look(found)
        if ('error' in was) refused.push(refusedModel(found, was.error))
        else models.push({ ...was.info, id: found.id, sha256: await hashes.get(was.hashedFiles) })
      }
      return { models, refused }
    },
    async find(id) {
      const files = await findModelFiles(folders)
      const found = files.find((file) => file.id === id)
      if (found === undefined) throw await missing(id, files)
      const checkpoint = await openCheckpoint(found.file, options)
      return { ...checkpoint, info: { ...checkpoint.info, id } }
    },
    hashed: () => hashes.idle(),
    close: () => hashes.close()
  }
}

/** A single file itself; of a diffusers folder the UNet, which makes the model what it is. */
function hashedFiles(file: string, { unet }: Checkpoint): readonly string[] {
  const files = new Set(unet.weights.names.map((name) => unet.weights.get(name)?.file ?? file))
  const isFolder = [...files].every((name) => name.startsWith(file + path.sep))
  return isFolder ? [...files].sort() : [file]
}

function refusedModel({ id, file }: ModelFile, error: unknown): RefusedModel {
  const { message, hint } = toErrorReply(error)
  return { id, name: displayName(file), message, hint: hint ?? '' }
}
