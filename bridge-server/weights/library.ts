import { stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError, toErrorReply } from '../errors.ts'
import type { Catalogue, ModelChoice, ModelInfo, RefusedModel } from '../protocol/catalogue.ts'
import type { Checkpoint } from './checkpoint.ts'
import { findModelFiles, type ModelFile } from './model-files.ts'
import { createModelHashes } from './model-hashes.ts'
import { displayName } from './model-info.ts'
import { strayError } from './model-roots.ts'
import { openModelSettings, type ModelSettings } from './model-settings.ts'
import { openCheckpoint } from './open-checkpoint.ts'
import type { OpenOptions } from './open-options.ts'
import { findUnread } from './unread.ts'
import { chosenVae, findVaeFiles } from './vae-files.ts'

/** The models in a few folders, and what a person said about them. */
export interface Library {
  /** All of them, and the files that cannot be used; reads headers of what is new or changed. Begins to hash them. */
  catalogue(): Promise<Pick<Catalogue, 'models' | 'refused' | 'vaes' | 'folders'>>
  /** Where it looks: what it was given, then what was added. */
  searched(): Promise<readonly string[]>
  /**
   * Opens one, as it was chosen to be; with the VAE of an id instead of the chosen one, or, for null, its own.
   * Throws AppError: 'model-missing', or why it cannot be used.
   */
  find(id: string, vae?: string | null): Promise<Checkpoint>
  /** The id of the first model with a depth estimator in it; null where there is none. */
  depthModel(): Promise<string | null>
  /** Remembers what a person says of a model. Throws AppError 'model-missing' where there is no such model or VAE. */
  choose(id: string, choice: ModelChoice): Promise<void>
  /** Remembers a further folder. Throws AppError 'settings-invalid' for a path that is not absolute or no folder. */
  addFolder(folder: string): Promise<void>
  /** Forgets a folder that was added; what is in it stays. */
  removeFolder(folder: string): Promise<void>
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
  /** Where further folders and choices are kept. Libraries of several processes may share it. */
  readonly settingsFile: string
}

/** What was seen of a file when its stamp was this. */
type Seen = { readonly stamp: string } & (
  { readonly info: ModelInfo; readonly hashedFiles: readonly string[] } | { readonly error: unknown }
)

const nothingChosen: ModelChoice = { prediction: null, vae: null }

export function openLibrary({ folders: given, cacheFolder, settingsFile }: LibraryOptions): Library {
  const look = createLook()
  const hashes = createModelHashes(cacheFolder)
  const settings = openModelSettings(settingsFile)
  const plain: OpenOptions = { cacheFolder: path.join(cacheFolder, 'converted') }
  const all = (added: readonly string[]): readonly string[] => [...given, ...added]

  const missing = async (id: string, files: readonly ModelFile[]): Promise<AppError> => {
    const ids: string[] = []
    for (const file of files) if ('info' in (await look(file, plain))) ids.push(file.id)
    return missingModel(id, ids, given)
  }

  const locate = async (id: string, added: readonly string[]): Promise<ModelFile> => {
    const files = await findModelFiles(all(added))
    const found = files.find((file) => file.id === id)
    if (found === undefined) throw await missing(id, files)
    if (found.stray !== null) throw strayError(found.stray)
    return found
  }

  return {
    async catalogue() {
      const { folders, choices } = await settings.read()
      const vaes = await findVaeFiles(all(folders))
      const models: ModelInfo[] = []
      const refused: RefusedModel[] = []
      for (const found of await findModelFiles(all(folders))) {
        const choice = choices.get(found.id)
        // Which VAE it is given changes nothing of what is listed, and one that is gone must not hide the model.
        const vae = vaes.find(({ id }) => id === choice?.vae)?.file
        // Told below, with those that are no models.
        if (found.stray?.link === found.file) continue
        const was = await look(found, { ...plain, prediction: choice?.prediction ?? undefined, vae })
        if ('error' in was) refused.push(refusedModel(found, was.error))
        else
          models.push({
            ...was.info,
            id: found.id,
            sha256: await hashes.get(was.hashedFiles),
            ...(choice === undefined ? {} : { choice })
          })
      }
      for (const unread of await findUnread(all(folders))) refused.push(refusedModel(unread, unread.error))
      return { models, refused, vaes: vaes.map(({ id, label }) => ({ id, label })), folders: [...folders] }
    },
    searched: async () => all((await settings.read()).folders),
    async find(id, wanted) {
      const { folders, choices } = await settings.read()
      const { file } = await locate(id, folders)
      const chosen = choices.get(id) ?? nothingChosen
      const vae = wanted === undefined ? chosen.vae : wanted
      const checkpoint = await openCheckpoint(file, {
        ...plain,
        prediction: chosen.prediction ?? undefined,
        vae: vae === null ? undefined : chosenVae(vae, id, await findVaeFiles(all(folders)))
      })
      return { ...checkpoint, info: { ...checkpoint.info, id } }
    },
    depthModel: async () => firstWithDepth(all((await settings.read()).folders), (file) => look(file, plain)),
    async choose(id, choice) {
      const { folders } = await settings.read()
      const { file } = await locate(id, folders)
      if (choice.vae !== null) {
        const vae = chosenVae(choice.vae, id, await findVaeFiles(all(folders)))
        await openCheckpoint(file, { ...plain, vae })
      }
      await settings.change(({ choices, ...others }) => ({
        ...others,
        choices: withChoice(choices, id, choice)
      }))
    },
    async addFolder(folder) {
      await checkFolder(folder)
      await settings.change(({ folders, choices }) => ({
        choices,
        folders: [...new Set([...folders, folder])]
      }))
    },
    removeFolder: (folder) => settings.change((before) => withoutFolder(before, folder)),
    hashed: () => hashes.idle(),
    close: () => hashes.close()
  }
}

const missingModel = (id: string, ids: readonly string[], folders: readonly string[]): AppError =>
  new AppError('model-missing', {
    message: `There is no model “${id}”.`,
    hint:
      ids.length === 0
        ? `No models were found; put one into ${folders.join(' or ')}.`
        : `The models here are: ${ids.join(', ')}.`
  })

async function firstWithDepth(
  folders: readonly string[],
  look: (file: ModelFile) => Promise<Seen>
): Promise<string | null> {
  for (const file of await findModelFiles(folders)) {
    const was = await look(file)
    if ('info' in was && was.info.hasDepthEstimator) return file.id
  }
  return null
}

const withoutFolder = ({ folders, choices }: ModelSettings, folder: string): ModelSettings => ({
  choices,
  folders: folders.filter((name) => name !== folder)
})

/** Opens files to see what they are, and again only when they or the options have changed. */
function createLook() {
  const seen = new Map<string, Seen>()
  return async ({ file, stamp: stampOfFile, stray }: ModelFile, options: OpenOptions): Promise<Seen> => {
    if (stray !== null) return { stamp: '', error: strayError(stray) }
    const stamp = JSON.stringify([stampOfFile, options.prediction, options.vae])
    const before = seen.get(file)
    if (before?.stamp === stamp) return before
    const now = await openCheckpoint(file, options).then(
      (checkpoint) => ({ stamp, info: checkpoint.info, hashedFiles: hashedFiles(file, checkpoint) }),
      (error: unknown) => ({ stamp, error })
    )
    seen.set(file, now)
    return now
  }
}

function withChoice(
  choices: ModelSettings['choices'],
  id: string,
  choice: ModelChoice
): ModelSettings['choices'] {
  const changed = new Map(choices)
  if (choice.prediction === null && choice.vae === null) changed.delete(id)
  else changed.set(id, choice)
  return changed
}

async function checkFolder(folder: string): Promise<void> {
  if (!path.isAbsolute(folder))
    throw new AppError('settings-invalid', {
      message: `“${folder}” is not the whole path of a folder.`,
      hint: 'Write it from the root on, such as /home/me/models or C:\\models.'
    })
  const stats = await stat(folder).catch(() => null)
  if (stats?.isDirectory() === true) return
  throw new AppError('settings-invalid', {
    message: stats === null ? `There is no folder ${folder}.` : `${folder} is a file, not a folder.`,
    hint: 'Give the folder that holds the models.'
  })
}

/** A single file itself; of a diffusers folder the UNet, which makes the model what it is. */
function hashedFiles(file: string, { unet }: Checkpoint): readonly string[] {
  const files = new Set(unet.weights.names.map((name) => unet.weights.get(name)?.file ?? file))
  const isFolder = [...files].every((name) => name.startsWith(file + path.sep))
  return isFolder ? [...files].sort() : [file]
}

function refusedModel(
  { id, file, stray }: Pick<ModelFile, 'id' | 'file' | 'stray'>,
  error: unknown
): RefusedModel {
  const { code, message, hint } = toErrorReply(error)
  return {
    ...{ id, name: displayName(file), code, message, hint: hint ?? '' },
    ...(stray === null ? {} : { leadsTo: stray.leadsTo })
  }
}
