import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import { createBlobStore } from '../../bridge-server/jobs/blobs.ts'
import { createJobStore } from '../../bridge-server/jobs/job-store.ts'
import { owner, type RunJob } from '../../bridge-server/jobs/job.ts'
import { createPreviews } from '../../bridge-server/jobs/previews.ts'
import { createQueue } from '../../bridge-server/jobs/queue.ts'
import { PROTOCOL_VERSION, type ServerMessage } from '../../bridge-server/protocol/messages.ts'
import type { Catalogue } from '../../bridge-server/protocol/catalogue.ts'
import type { GenerateRequest } from '../../bridge-server/protocol/request.ts'
import type { Access } from '../../bridge-server/server/access.ts'
import { buildApp } from '../../bridge-server/server/app.ts'
import { defaultLimits, type Limits } from '../../bridge-server/server/limits.ts'
import { listen } from '../../bridge-server/server/listen.ts'
import { openTokens } from '../../bridge-server/server/tokens.ts'
import type { DownloadKeeper } from '../../bridge-server/server/download-routes.ts'
import type { ExtensionPicture } from '../../bridge-server/server/extension-routes.ts'
import type { Annotate } from '../../bridge-server/server/annotate-routes.ts'
import type { ModelKeeper } from '../../bridge-server/server/model-routes.ts'
import type { ReadPrompt } from '../../bridge-server/server/prompt-routes.ts'

export const testToken = 'a-token-for-tests'

export const emptyCatalogue: Catalogue = {
  models: [],
  refused: [],
  extensions: [],
  vaes: [],
  folders: [],
  annotators: [],
  upscalers: [],
  samplers: [],
  schedules: []
}

export const noModels: ModelKeeper = {
  choose: () => Promise.reject(new Error('No models here')),
  addFolder: () => Promise.reject(new Error('No models here')),
  removeFolder: () => Promise.reject(new Error('No models here')),
  receive: () => Promise.reject(new Error('No models here'))
}

export const noDownloads: DownloadKeeper = {
  list: () => Promise.resolve({ items: [], freeBytes: 0, problems: [] }),
  start: () => Promise.reject(new Error('No downloads here')),
  pause: () => Promise.reject(new Error('No downloads here')),
  resume: () => Promise.reject(new Error('No downloads here')),
  cancel: () => Promise.reject(new Error('No downloads here')),
  remove: () => Promise.reject(new Error('No downloads here'))
}

interface BridgeParts {
  /** Makes the results; it may store blobs. */
  readonly run: (blobs: Awaited<ReturnType<typeof createBlobStore>>) => RunJob
  readonly catalogue?: Catalogue
  readonly models?: ModelKeeper
  readonly downloads?: DownloadKeeper
  readonly readPrompt?: ReadPrompt
  readonly annotate?: Annotate
  readonly extensionPicture?: ExtensionPicture
  /** Kept when the bridge closes, so that a second one may go on with it. */
  readonly folder?: string
  readonly pageFolder?: string
  readonly limits?: Partial<Limits>
  readonly access?: Access
}

/** The real server over a real database in a temporary folder; only the engine is the test's own. */
export async function startBridge({
  run,
  catalogue = emptyCatalogue,
  models = noModels,
  downloads = noDownloads,
  readPrompt = () => Promise.reject(new Error('Nobody reads prompts here')),
  annotate = () => Promise.reject(new Error('Nobody makes maps here')),
  extensionPicture = () => Promise.resolve(null),
  folder,
  pageFolder = 'nowhere',
  limits = {},
  access = { host: null, tls: null }
}: BridgeParts) {
  const data = folder ?? (await mkdtemp(path.join(tmpdir(), 'marquee-bridge-')))
  const bugs: unknown[] = []
  const blobs = await createBlobStore(path.join(data, 'blobs'))
  const store = createJobStore(path.join(data, 'jobs.db'))
  const previews = createPreviews()
  const queue = createQueue({
    ...{ store, previews },
    run: run(blobs),
    now: Date.now,
    report: (error) => bugs.push(error)
  })
  const app = await buildApp({
    ...{ queue, blobs, previews, pageFolder, models, downloads, readPrompt, annotate, extensionPicture },
    limits: { ...defaultLimits, ...limits },
    tokens: openTokens({
      ownerToken: testToken,
      file: path.join(data, 'tokens.json'),
      now: Date.now
    }),
    version: '0.0.0',
    device: () => 'cpu',
    engine: () => ({ state: 'asleep', starts: 0, ends: [] }),
    ...{ store, dataFolder: data },
    compute: () => ({ device: null, memory: null, networks: [] }),
    port: 7421,
    access,
    catalogue: () => Promise.resolve(catalogue),
    log: pino({ level: 'silent' })
  })
  const port = await listen(app, { port: 0, access, limits: { ...defaultLimits, ...limits } })
  queue.start()
  return {
    ...{ app, queue, blobs, store, bugs, port, data },
    url: `http://localhost:${port}`,
    /** Bytes that the owner has sent. */
    give: async (bytes: Uint8Array) => {
      const blob = await blobs.put(bytes)
      store.ownBlob(owner, blob, Date.now())
      return blob
    },
    close: async () => {
      await queue.stop()
      await app.close()
      store.close()
      if (folder === undefined) await rm(data, { recursive: true, force: true })
    }
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export const newJobId = (): string => `job-${randomBytes(8).toString('hex')}`

/** A txt2img request of 64 × 64 pixels that every check of the server lets pass. */
export function aRequest(changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    mode: 'txt2img',
    model: 'pocket',
    prompt: 'a red car',
    negativePrompt: '',
    documentId: 'document-1',
    canvas: { width: 64, height: 64 },
    area: { x: 0, y: 0, width: 64, height: 64 },
    strength: 1,
    sampling: { sampler: 'euler', schedule: 'karras', steps: 4, guidance: 3, seed: 1 },
    count: 1,
    workingSize: null,
    ...changes
  }
}

/** A panel's socket that remembers what it was told. */
export async function openSocket(port: number, client = 'client-of-tests', host = 'localhost') {
  const socket = new WebSocket(`ws://${host}:${port}/api/socket`)
  const messages: ServerMessage[] = []
  const waiters = new Set<() => void>()
  const listeners = new Set<(message: ServerMessage) => void>()
  const tell = (): void => waiters.forEach((waiter) => waiter())
  let closed: { code: number; reason: string } | null = null
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as ServerMessage
    messages.push(message)
    listeners.forEach((listener) => listener(message))
    tell()
  })
  socket.on('close', (code, reason) => {
    closed = { code, reason: reason.toString() }
    tell()
  })
  await new Promise<void>((resolve, reject) => socket.on('open', resolve).on('error', reject))

  /** Resolves when `found` gives something for what has come so far. */
  const until = <Found>(found: () => Found | null | undefined | false): Promise<Found> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const value = found()
        if (value === undefined || value === null || value === false) return
        clearTimeout(timeout)
        waiters.delete(look)
        resolve(value)
      }
      const timeout = setTimeout(() => {
        waiters.delete(look)
        reject(new Error(`Never came; there were ${JSON.stringify(messages).slice(0, 2000)}`))
      }, 15_000)
      waiters.add(look)
      look()
    })

  return {
    messages,
    until,
    listen: (listener: (message: ServerMessage) => void) => listeners.add(listener),
    raw: (text: string | Buffer) => socket.send(text),
    say: (message: object) => socket.send(JSON.stringify(message)),
    hello: async (changes: object = {}) => {
      socket.send(
        JSON.stringify({ type: 'hello', protocol: PROTOCOL_VERSION, token: testToken, client, ...changes })
      )
      await until(() => messages.length > 0)
    },
    /** The first message of a type, about a job where one is named. */
    next: <Type extends ServerMessage['type']>(type: Type, jobId?: string) =>
      until(() =>
        messages.find(
          (message): message is Extract<ServerMessage, { type: Type }> =>
            message.type === type && (jobId === undefined || ('jobId' in message && message.jobId === jobId))
        )
      ),
    whenClosed: () => until(() => closed),
    close: () => socket.close()
  }
}
