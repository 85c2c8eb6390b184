import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { mkdir, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Hashes of files, computed one after the other in the background and kept on disk. */
export interface ModelHashes {
  /** sha256 of the files' bytes one after the other, or null when it is not known yet: then it is being computed. */
  get(files: readonly string[]): Promise<string | null>
  /** The same where it is known; computes nothing. */
  remembered(files: readonly string[]): Promise<string | null>
  /** Keeps what somebody else has computed. */
  remember(files: readonly string[], sha256: string): Promise<void>
  /** Resolves when nothing is left to compute. */
  idle(): Promise<void>
  /** Stops computing. */
  close(): void
}

export function createModelHashes(cacheFolder: string): ModelHashes {
  const store = path.join(cacheFolder, 'model-hashes.json')
  const known = readStore(store)
  const waiting = new Set<string>()
  const stop = new AbortController()
  let work = Promise.resolve()

  const compute = async (key: string, files: readonly string[]): Promise<void> => {
    const hash = createHash('sha256')
    for (const file of files)
      for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20, signal: stop.signal }))
        if (Buffer.isBuffer(chunk)) hash.update(chunk)
    known.set(key, hash.digest('hex'))
    await writeStore(store, known)
  }

  return {
    async get(files) {
      const key = await keyOf(files)
      const found = known.get(key)
      if (found !== undefined) return found
      if (!waiting.has(key) && !stop.signal.aborted) {
        waiting.add(key)
        // A file that vanishes meanwhile, or a full disk, only leaves the hash unknown until it is asked for again.
        work = work
          .then(() => compute(key, files))
          .catch(() => undefined)
          .finally(() => waiting.delete(key))
      }
      return null
    },
    remembered: async (files) => known.get(await keyOf(files)) ?? null,
    async remember(files, sha256) {
      known.set(await keyOf(files), sha256)
      await writeStore(store, known)
    },
    idle: () => work,
    close: () => stop.abort()
  }
}

async function keyOf(files: readonly string[]): Promise<string> {
  const parts = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file)
      return `${file} ${size} ${mtimeMs}`
    })
  )
  return parts.join('\n')
}

/** What cannot be read is computed anew. */
function readStore(file: string): Map<string, string> {
  try {
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const entries = typeof json === 'object' && json !== null ? Object.entries(json) : []
    return new Map(
      entries.filter((entry): entry is [string, string] => /^[0-9a-f]{64}$/.test(String(entry[1])))
    )
  } catch {
    return new Map()
  }
}

async function writeStore(file: string, known: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(`${file}.partial`, JSON.stringify(Object.fromEntries(known), null, 1))
  await rename(`${file}.partial`, file)
}
