import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TransferLimits } from '../../bridge-server/downloads/fetch-file.ts'
import { createDownloads, type DownloadsParts } from '../../bridge-server/downloads/downloads.ts'
import { createTransport } from '../../bridge-server/downloads/transport.ts'
import type { DownloadEntry, DownloadStatus } from '../../bridge-server/protocol/downloads.ts'

/** Small pieces and short rests, so that all of a long download's life happens in a moment. */
export const quickLimits: Partial<TransferLimits> = {
  pieceBytes: 16 * 1024,
  stallMs: 300,
  leastBytes: 1,
  retries: 3,
  restMs: 2,
  longestRestMs: 10
}

export const noProxy = { http: null, https: null, except: null }

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** An entry for `file` at those mirrors. */
export const entryOf = (
  file: Uint8Array,
  mirrors: readonly string[],
  change: Partial<DownloadEntry> = {}
): DownloadEntry => ({
  id: 'thing',
  name: 'Thing',
  kind: 'checkpoint',
  licence: { name: 'CC0-1.0' },
  file: 'thing.safetensors',
  bytes: file.length,
  sha256: sha256(file),
  mirrors: [...mirrors],
  ...change
})

type Changes = Partial<Omit<DownloadsParts, 'offered'>>

/** Downloads of these entries into a temporary models folder, where any content passes for a model. */
export async function openTestDownloads(entries: readonly DownloadEntry[], changes: Changes = {}) {
  const models = changes.models ?? (await mkdtemp(path.join(tmpdir(), 'marquee-downloads-')))
  const bugs: unknown[] = []
  const offered = { entries: [...entries] }
  const downloads = await createDownloads({
    models,
    offered: () => Promise.resolve({ entries: offered.entries, problems: [] }),
    transport: createTransport({ proxy: noProxy, tokens: new Map(), patienceMs: 2000 }),
    inspect: () => Promise.resolve(),
    known: () => Promise.resolve(new Map()),
    report: (error) => bugs.push(error),
    limits: quickLimits,
    ...changes
  })
  const status = async (id = 'thing'): Promise<DownloadStatus> => {
    const item = (await downloads.list()).items.find((each) => each.id === id)
    if (item === undefined) throw new Error(`The list has no ${id}`)
    return item.status
  }
  return {
    ...{ downloads, models, bugs, offered, status },
    /** Starts and waits for the end, which may be a failure. */
    run: async (id = 'thing', options = {}) => {
      await downloads.start(id, options)
      await downloads.finished(id)
    },
    /** Resolves once the entry stands as `isRight` says. */
    until: async (isRight: (status: DownloadStatus) => boolean, id = 'thing'): Promise<DownloadStatus> => {
      for (let tries = 0; tries < 2000; tries++) {
        const now = await status(id)
        if (isRight(now)) return now
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      throw new Error(`It never came to that; it stands at ${JSON.stringify(await status(id))}`)
    },
    /** Every file in the models folder, with slashes. */
    files: async (): Promise<string[]> =>
      (await readdir(models, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) =>
          path.relative(models, path.join(entry.parentPath, entry.name)).split(path.sep).join('/')
        )
        .sort(),
    close: async () => {
      await downloads.close()
      if (changes.models === undefined) await rm(models, { recursive: true, force: true })
    }
  }
}

export type TestDownloads = Awaited<ReturnType<typeof openTestDownloads>>
