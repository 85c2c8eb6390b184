import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import type { CommandLine } from '../command-line.ts'
import { invalid } from '../config-values.ts'
import { readCatalogues } from '../downloads/catalogue-file.ts'
import { placeOf } from '../downloads/places.ts'
import { AppError, toErrorReply } from '../errors.ts'
import type { DownloadEntry } from '../protocol/downloads.ts'
import { createModelHashes, type ModelHashes } from '../weights/model-hashes.ts'
import { textOf, type Answer, type Terminal } from './command.ts'
import { kindInside, weightFiles, type LocalFile } from './local-files.ts'
import { found, localModels, type Local } from './models-local.ts'

/**
 * Reads every byte of a model or of what lies beside one, or of all: whether it opens, and whether its hash is the one that it should
 * have: that of --sha256, else the catalogue's, else the one that was read before, where neither size nor time has changed since.
 */
export async function verifyModels(
  line: CommandLine,
  terminal: Terminal,
  [name]: readonly string[]
): Promise<Answer> {
  const expected = textOf(line, 'sha256')?.toLowerCase()
  if (expected !== undefined && (!/^[0-9a-f]{64}$/.test(expected) || name === undefined))
    throw invalid('--sha256 takes 64 hexadecimal digits, for one model.')
  const local = await localModels(line, terminal)
  const { entries } = await readCatalogues(local.catalogues)
  const hashes = createModelHashes(local.cacheFolder)
  const reports: Report[] = []
  for (const file of name === undefined ? local.files : [found(local.files, name)]) {
    const published = await publishedHash(file, local.own, entries)
    const wanted = expected ?? published
    const report = await verified(file, { wanted, hashes, local, terminal })
    // What is nothing of ours is told only to who asks for it.
    if (report.kind !== null || report.problem !== null || name !== undefined) reports.push(report)
  }
  return {
    text: reports.map(lineOf).join('\n'),
    value: { models: reports },
    isBad: reports.some(({ problem }) => problem !== null)
  }
}

interface Report {
  readonly id: string
  readonly file: string
  /** Null: it is whole, and nothing that Marquee knows; or it could not be opened. */
  readonly kind: string | null
  readonly sha256: string | null
  /** What its hash was compared with; null: there is nothing yet, and next time there is. */
  readonly checkedBy: 'sha256' | 'earlier' | null
  readonly problem: string | null
}

const words = {
  sha256: '',
  earlier: ' (as it was read before)',
  none: ' (nothing to compare it with yet; from now on there is)'
}

const lineOf = ({ id, kind, problem, sha256, checkedBy }: Report): string =>
  problem === null
    ? `ok       ${id}  ${kind ?? 'nothing that Marquee knows'}  ${sha256 ?? ''}${words[checkedBy ?? 'none']}`
    : `problem  ${id}: ${problem}`

/** A file of the catalogue lies in its place among Marquee's own models, or has its name and size elsewhere. */
async function publishedHash(
  { file }: LocalFile,
  own: string,
  entries: readonly DownloadEntry[]
): Promise<string | null> {
  const { size } = await stat(file).catch(() => ({ size: NaN }))
  const place = path.relative(await realpath(own).catch(() => own), await realpath(file).catch(() => file))
  const entry = entries.find(
    (each) => path.join(placeOf(each)) === place || (each.file === path.basename(file) && each.bytes === size)
  )
  return entry?.sha256 ?? null
}

interface Terms {
  readonly wanted: string | null
  readonly hashes: ModelHashes
  readonly local: Local
  readonly terminal: Terminal
}

async function verified(file: LocalFile, { wanted, hashes, local, terminal }: Terms): Promise<Report> {
  const told = { id: file.id, file: file.file }
  try {
    const kind = await kindInside(file, local.cacheFolder)
    const files = await weightFiles(file.file)
    const earlier = await hashes.remembered(files)
    const sha256 = await hashed(files, terminal, file.id)
    const right = wanted ?? earlier
    if (right === null) await hashes.remember(files, sha256)
    const problem =
      right === null || sha256 === right
        ? null
        : wanted === null
          ? `its bytes are others than before (sha256 ${sha256}, and was ${right}), though nobody wrote to it: the disk may be failing. Get it again.`
          : `its sha256 is ${sha256} and should be ${right}. Get it again.`
    const checkedBy = wanted !== null ? 'sha256' : earlier !== null ? 'earlier' : null
    return { ...told, kind, sha256, checkedBy, problem }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { message, hint = '' } = toErrorReply(error)
    return { ...told, kind: null, sha256: null, checkedBy: null, problem: `${message} ${hint}`.trim() }
  }
}

/** sha256 of the files' bytes one after the other. */
async function hashed(files: readonly string[], { progress, signal }: Terminal, id: string): Promise<string> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
  const size = sizes.reduce((sum, each) => sum + each, 0)
  const hash = createHash('sha256')
  let done = 0
  for (const file of files)
    for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 22, signal })) {
      if (!Buffer.isBuffer(chunk)) continue
      hash.update(chunk)
      done += chunk.length
      progress.show(id, done / size)
    }
  return hash.digest('hex')
}
