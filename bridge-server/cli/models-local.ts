import { lstat, readdir, realpath, rm } from 'node:fs/promises'
import path from 'node:path'
import type { CommandLine } from '../command-line.ts'
import { invalid } from '../config-values.ts'
import { AppError } from '../errors.ts'
import { isInside } from '../weights/inside-folder.ts'
import { openLibrary } from '../weights/library.ts'
import { choose } from './choose.ts'
import type { Answer, Terminal } from './command.ts'
import { findLocalFiles, type LocalFile } from './local-files.ts'
import { configOf } from './reach.ts'
import { sizeText } from './wording.ts'

/** What is done with the files themselves, on the computer where they are. */
export interface Local {
  readonly files: readonly LocalFile[]
  /** The data folder's own folder of models. */
  readonly own: string
  readonly cacheFolder: string
  readonly catalogues: readonly string[]
}

export async function localModels(line: CommandLine, terminal: Terminal): Promise<Local> {
  if (line.texts.has('server'))
    throw invalid('This is about the files of this computer, and --server names another.', 'Run it there.')
  const { models, data } = configOf(line, terminal.env)
  const cacheFolder = path.join(data, 'cache')
  const library = openLibrary({ folders: models, cacheFolder, settingsFile: path.join(data, 'models.json') })
  const folders = await library.searched()
  library.close()
  return {
    files: await findLocalFiles(folders),
    own: path.join(data, 'models'),
    cacheFolder,
    catalogues: [
      path.join(import.meta.dirname, '..', '..', 'models', 'catalogue.json'),
      path.join(data, 'catalogue.json')
    ]
  }
}

/** The one that a person means. Throws AppError 'model-missing'. */
export const found = (files: readonly LocalFile[], name: string): LocalFile =>
  choose(
    'model',
    name,
    files.map((file) => ({ id: file.id, label: path.basename(file.file), file }))
  ).file

/** Deletes a model that Marquee keeps, and what lies beside it under the same name. */
export async function removeModel(
  line: CommandLine,
  terminal: Terminal,
  [name]: readonly string[]
): Promise<Answer> {
  if (name === undefined) throw invalid('The model is missing: marquee models remove NAME.')
  const { files, own } = await localModels(line, terminal)
  const { id, file } = found(files, name)
  if (!isInside(await realpath(path.dirname(file)), await realpath(own).catch(() => own)))
    throw new AppError('model-cannot', {
      message: `${file} is not where Marquee keeps models, so it is not Marquee’s to delete.`,
      hint: `Delete it yourself; Marquee’s are in ${own}.`
    })
  // A link is deleted, and not what it leads to.
  const stats = await lstat(file)
  const size = stats.isFile() ? ` (${sizeText(stats.size)})` : ''
  if (!line.flags.has('yes')) {
    const answer = await terminal.ask(`Delete ${file}${size}? [y/N] `)
    if (answer === null) throw invalid('Nobody is there to be asked.', 'Say --yes where it is sure.')
    if (!/^y(es)?$/i.test(answer.trim())) return { text: 'Nothing was deleted.', value: { removed: [] } }
  }
  const removed = [file, ...(stats.isFile() ? await sidecarsOf(file) : [])]
  for (const each of removed) await rm(each, { recursive: true, force: true })
  return { text: `${id} is deleted${size}.`, value: { removed } }
}

async function sidecarsOf(file: string): Promise<string[]> {
  const folder = path.dirname(file)
  const stem = path.basename(file).replace(/\.\w+$/, '')
  const names = ['.json', '.yaml', '.vae.safetensors', '.vae.pt', '.vae.ckpt'].map((end) => stem + end)
  return (await readdir(folder)).filter((name) => names.includes(name)).map((name) => path.join(folder, name))
}
