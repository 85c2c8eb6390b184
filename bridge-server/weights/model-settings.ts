import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import type { ModelChoice } from '../protocol/catalogue.ts'

/** What a person said about models, by hand and for good. */
export interface ModelSettings {
  /** Further folders with models, absolute. */
  readonly folders: readonly string[]
  /** By the model's id. */
  readonly choices: ReadonlyMap<string, ModelChoice>
}

/** The settings in a JSON file, which several processes may read and one writes. */
export interface ModelSettingsFile {
  /** What the file holds now; nothing where there is none. Throws AppError 'settings-invalid' for a damaged one. */
  read(): Promise<ModelSettings>
  /** Writes what `changed` makes of it, one change after the other. Throws as `read`. */
  change(changed: (settings: ModelSettings) => ModelSettings): Promise<void>
}

export function openModelSettings(file: string): ModelSettingsFile {
  let writing = Promise.resolve()
  return {
    read: () => read(file),
    change(changed) {
      const written = writing.then(async () => write(file, changed(await read(file))))
      writing = written.catch(() => undefined)
      return written
    }
  }
}

async function read(file: string): Promise<ModelSettings> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { folders: [], choices: new Map() }
    throw error
  }
  try {
    return parsed(JSON.parse(text))
  } catch (cause) {
    throw new AppError('settings-invalid', {
      message: `The file ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: 'Mend it, or delete it; it holds added model folders and what was chosen for models.',
      cause
    })
  }
}

/** Appears whole or not at all, for the engine may read it at any time. */
async function write(file: string, { folders, choices }: ModelSettings): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(
    `${file}.partial`,
    JSON.stringify({ folders, choices: Object.fromEntries(choices) }, null, 2),
    { flush: true }
  )
  await rename(`${file}.partial`, file)
}

function parsed(json: unknown): ModelSettings {
  const folders = fieldOf(json, 'folders') ?? []
  const choices = fieldOf(json, 'choices') ?? {}
  if (!Array.isArray(folders) || !folders.every((folder) => typeof folder === 'string'))
    throw new Error('folders is not a list of paths')
  if (typeof choices !== 'object') throw new Error('choices is not an object')
  return {
    folders,
    choices: new Map(Object.entries(choices).map(([id, choice]) => [id, choiceOf(id, choice)]))
  }
}

function choiceOf(id: string, json: unknown): ModelChoice {
  const prediction = fieldOf(json, 'prediction') ?? null
  const vae = fieldOf(json, 'vae') ?? null
  if (prediction !== null && prediction !== 'epsilon' && prediction !== 'v')
    throw new Error(`the prediction of “${id}” is not epsilon or v`)
  if (vae !== null && typeof vae !== 'string') throw new Error(`the VAE of “${id}” is no name`)
  return { prediction, vae }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`there is no object with “${name}”`)
  return Reflect.get(value, name)
}
