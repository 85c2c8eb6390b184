import { lstat, readdir, realpath, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { CommandLine } from '../command-line.ts'
import { invalid } from '../config-values.ts'
import { AppError, toErrorReply } from '../errors.ts'
import { readCatalogues } from '../downloads/catalogue-file.ts'
import { isInside } from '../weights/inside-folder.ts'
import { findModelFiles, type ModelFile } from '../weights/model-files.ts'
import { strayError } from '../weights/model-roots.ts'
import { openCheckpoint } from '../weights/open-checkpoint.ts'
import { openLibrary } from '../weights/library.ts'
import { choose } from './choose.ts'
import { textOf, type Answer, type Terminal } from './command.ts'
import { configOf } from './reach.ts'
import { sizeText } from './wording.ts'

/** What is done with the files themselves, on the computer where they are. */
interface Local {
  readonly files: readonly ModelFile[]
  /** The data folder's own folder of models. */
  readonly own: string
  readonly cacheFolder: string
  readonly catalogues: readonly string[]
}

async function localModels(line: CommandLine, terminal: Terminal): Promise<Local> {
  if (line.texts.has('server'))
    throw invalid('This is about the files of this computer, and --server names another.', 'Run it there.')
  const { models, data } = configOf(line, terminal.env)
  const cacheFolder = path.join(data, 'cache')
  const library = openLibrary({ folders: models, cacheFolder, settingsFile: path.join(data, 'models.json') })
  const folders = await library.searched()
  library.close()
  return {
    files: await findModelFiles(folders),
    own: path.join(data, 'models'),
    cacheFolder,
    catalogues: [
      path.join(import.meta.dirname, '..', '..', 'models', 'catalogue.json'),
      path.join(data, 'catalogue.json')
    ]
  }
}

const found = (files: readonly ModelFile[], name: string): ModelFile =>
  choose(
    'model',
    name,
    files.map((file) => ({ id: file.id, label: path.basename(file.file), file }))
  ).file

/** Reads every byte of a model, or of all: whether it opens, and whether its hash is the one that it should have. */
export async function verifyModels(
  line: CommandLine,
  terminal: Terminal,
  [name]: readonly string[]
): Promise<Answer> {
  const expected = textOf(line, 'sha256')?.toLowerCase()
  if (expected !== undefined && (!/^[0-9a-f]{64}$/.test(expected) || name === undefined))
    throw invalid('--sha256 takes 64 hexadecimal digits, for one model.')
  const local = await localModels(line, terminal)
  const published = await publishedHashes(local.catalogues)
  const files = name === undefined ? local.files : [found(local.files, name)]
  const reports = []
  for (const file of files) {
    const wanted = expected ?? published.get(path.basename(file.file)) ?? null
    reports.push(await verified(file, wanted, local.cacheFolder, terminal))
  }
  const isBad = reports.some(({ problem }) => problem !== null)
  return {
    text: reports
      .map(({ id, problem, sha256, checkedBy }) =>
        problem === null
          ? `ok       ${id}  ${sha256 ?? ''}${checkedBy === null ? ' (nothing to compare it with)' : ''}`
          : `problem  ${id}: ${problem}`
      )
      .join('\n'),
    value: { models: reports },
    isBad
  }
}

async function publishedHashes(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { entries } = await readCatalogues(files)
  return new Map(entries.flatMap(({ file, sha256 }) => (sha256 === null ? [] : [[file, sha256] as const])))
}

async function verified(
  { id, file, stray }: ModelFile,
  wanted: string | null,
  cacheFolder: string,
  { progress, signal }: Terminal
) {
  const checkedBy = wanted === null ? null : 'sha256'
  try {
    if (stray !== null) throw strayError(stray)
    await openCheckpoint(file, { cacheFolder: path.join(cacheFolder, 'converted') })
    const sha256 = (await stat(file)).isFile()
      ? await hashed(file, signal, (share) => progress.show(id, share))
      : null
    const problem =
      wanted === null || sha256 === wanted
        ? null
        : `its sha256 is ${String(sha256)} and should be ${wanted}: download it again.`
    return { id, file, sha256, checkedBy, problem }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { message, hint = '' } = toErrorReply(error)
    return { id, file, sha256: null, checkedBy, problem: `${message} ${hint}`.trim() }
  }
}

async function hashed(file: string, signal: AbortSignal, show: (share: number) => void): Promise<string> {
  const { size } = await stat(file)
  const hash = createHash('sha256')
  let done = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 22, signal })) {
    if (!Buffer.isBuffer(chunk)) continue
    hash.update(chunk)
    done += chunk.length
    show(done / size)
  }
  return hash.digest('hex')
}

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
