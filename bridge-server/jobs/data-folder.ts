import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../errors.ts'
import { lockFile } from './database.ts'

/** The folder in which a server keeps everything, held by one server at a time. */
export interface DataFolder {
  /** The file of the jobs' database. */
  readonly jobs: string
  readonly blobs: string
  readonly cache: string
  readonly models: string
  /** Further model folders, and what was chosen for models. */
  readonly modelSettings: string
  /** Options that clients of the A1111 API have set, and the file of that web UI's styles. */
  readonly sdapiOptions: string
  readonly styles: string
  /** What a person adds to what can be downloaded. */
  readonly catalogue: string
  readonly token: string
  /** The file of other people's tokens. */
  readonly tokens: string
  /** Leaves word of where this server is, for one that comes second. */
  announce(address: string): void
  release(): void
}

/** Makes the folder where it is missing and locks it. Throws AppError 'data-folder-in-use', saying where the other server is. */
export function openDataFolder(folder: string): DataFolder {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const at = (name: string): string => path.join(folder, name)
  const lock = lockFile(at('lock'))
  if (lock === null) {
    const address = textOf(at('address'))
    throw new AppError('data-folder-in-use', {
      message: `Another Marquee uses the data folder ${folder}${address === null ? '' : ` and serves at ${address}`}.`,
      hint: 'Use that one, stop it, or choose another folder with --data.'
    })
  }
  mkdirSync(at('models'), { recursive: true })
  return {
    jobs: at('jobs.db'),
    blobs: at('blobs'),
    cache: at('cache'),
    models: at('models'),
    modelSettings: at('models.json'),
    sdapiOptions: at('sdapi-options.json'),
    styles: at('styles.csv'),
    catalogue: at('catalogue.json'),
    token: at('token'),
    tokens: at('tokens.json'),
    announce: (address) => writeFileSync(at('address'), address),
    release: () => {
      rmSync(at('address'), { force: true })
      lock.release()
    }
  }
}

/** Where the server of a data folder was last, and its token; null: none, or it ended well. It may be gone without a word. */
export function announcedServer(folder: string): { readonly address: string; readonly token: string } | null {
  const address = textOf(path.join(folder, 'address'))
  const token = textOf(path.join(folder, 'token'))
  return address === null || token === null ? null : { address, token: token.trim() }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
