import path from 'node:path'
import { pino, type Logger } from 'pino'
import { annotatorOf } from './annotate/registry.ts'
import { catalogueOf } from './catalogue.ts'
import { readConfig, type Config } from './config.ts'
import { createEngine } from './engine/supervisor.ts'
import { AppError, toErrorReply } from './errors.ts'
import { createBlobStore, type BlobStore } from './jobs/blobs.ts'
import { openDataFolder, type DataFolder } from './jobs/data-folder.ts'
import { createJobStore, type JobStore } from './jobs/job-store.ts'
import { createPreviews } from './jobs/previews.ts'
import { createQueue, type Queue } from './jobs/queue.ts'
import type { RetentionLimits } from './jobs/retention.ts'
import { openBrowser } from './open-browser.ts'
import { openDownloads } from './open-downloads.ts'
import { networksNamed } from './pipeline/networks.ts'
import { createTokenizers } from './prompt/tokenizer.ts'
import { createPromptReader } from './read-prompt.ts'
import type { AnnotateRequest } from './protocol/annotators.ts'
import type { ImageRef } from './protocol/images.ts'
import type { GenerateRequest } from './protocol/request.ts'
import { samplers } from './sampling/registry.ts'
import { schedules } from './sampling/schedules.ts'
import type { Route } from './sdapi/call.ts'
import type { PictureReply, PictureTask } from './sdapi/picture-tasks.ts'
import { picturesIn } from './sdapi/pictures.ts'
import { sdapiRoutes, type SdapiParts } from './sdapi/routes.ts'
import { buildApp } from './server/app.ts'
import { checkRequest } from './server/check-request.ts'
import { namesOf } from './server/access.ts'
import { defaultLimits } from './server/limits.ts'
import { listen } from './server/listen.ts'
import { logJobs } from './server/job-log.ts'
import { openToken } from './server/token.ts'
import { openTokens } from './server/tokens.ts'
import { createThread } from './thread/thread.ts'
import { openExtensions } from './weights/extensions/extension-library.ts'
import { openLibrary } from './weights/library.ts'
import { createModelInbox } from './weights/model-inbox.ts'

/** Blobs that no job names are kept for this long: their job may be on its way. */
const unnamedBlobHours = 1
/** A forward pass of a large model on a slow CPU takes about this long; loading that model again takes longer. */
const cancelGraceMs = 10_000
/** A map without a network takes less than this, and so does the start of its thread. */
const mapGraceMs = 1000
const mostMapsWaiting = 16
const mostPicturesWaiting = 64
const stopMs = 2000
const sweepMinutes = 10

const hour = 3_600_000

async function serve(config: Config): Promise<void> {
  const log = pino({ level: config.log }, process.stderr)
  const folder = openDataFolder(config.data)
  const token = openToken(folder.token)
  const tokens = openTokens({ ownerToken: token, file: folder.tokens, now: Date.now })
  const blobs = await createBlobStore(folder.blobs)
  const store = createJobStore(folder.jobs)
  const { engine, annotate, pictures, stopEngines } = createEngines(config, folder)
  const previews = createPreviews()
  const queue = createQueue({
    ...{ store, previews },
    run: engine.run,
    now: Date.now,
    report: (error, job) => log.error({ err: error, job }, 'a bug in a job')
  })
  logJobs(queue, log)
  const { library, extensions, inbox } = await openModels(config, folder)
  const downloads = await openDownloads({
    ...{ library, models: folder.models, catalogue: folder.catalogue },
    settings: config.downloads,
    report: (error) => log.error(error, 'a bug in a download')
  })
  const checkNetworks = (request: GenerateRequest) => extensions.require(networksNamed(request))
  const catalogue = () => catalogueOf(library, extensions)
  const check = async (request: GenerateRequest): Promise<void> => {
    await checkRequest(request, blobs)
    await checkNetworks(request)
  }
  const openWebui = (): readonly Route[] =>
    webuiRoutes(config, folder, {
      ...{ queue, blobs, previews, catalogue, annotate, check, pictures },
      checkpoints: { unload: () => engine.rest(), load: (model) => engine.warm(model) }
    })
  const app = await buildApp({
    ...{ queue, blobs, previews, tokens, downloads, log },
    access: config.access,
    limits: defaultLimits,
    version: config.version,
    ...{ store, dataFolder: config.data, device: () => engine.device(), compute: () => engine.compute() },
    engine: () => engine.health(),
    port: config.port,
    catalogue,
    checkNetworks,
    models: { ...library, ...inbox },
    extensionPicture: (id) => extensions.picture(id),
    annotate,
    readPrompt: createPromptReader({
      find: (id) => library.find(id),
      openTokenizer: createTokenizers(),
      extensions
    }),
    pageFolder: config.pageFolder,
    ...(config.sdapi === 'off' ? {} : { sdapi: { access: config.sdapi, routes: openWebui() } })
  })
  const warmFirst = async (): Promise<void> => {
    const [first] = (await library.catalogue()).models
    if (first !== undefined) engine.warm(first.id)
  }
  const port = await listen(app, { port: config.port, access: config.access, limits: defaultLimits })
  const address = `${config.access.tls === null ? 'http' : 'https'}://${namesOf(config.access)[0] ?? ''}:${port}/`
  folder.announce(address)
  queue.start()
  if (config.warm) warmFirst().catch((error: unknown) => log.error(error))
  keepSweeping(() => sweep({ queue, blobs, store, retention: config.retention }), log)
  stopOnSignals(async () => {
    const stopped = queue.stop()
    stopEngines()
    await Promise.all([stopped, downloads.close()])
    await app.close()
    store.close()
    library.close()
    folder.release()
  })
  const link = `${address}#token=${token}`
  process.stdout.write(`Marquee is ready at ${link}\n`)
  if (config.open) openBrowser(link, (error) => log.info(error, 'no browser opened'))
}

/** The processes and threads that do the arithmetic; none is started before it is needed. */
function createEngines(config: Config, folder: DataFolder) {
  const engine = createEngine({
    entry: path.join(import.meta.dirname, 'engine', 'engine-process.ts'),
    settings: {
      modelFolders: config.models,
      modelSettings: folder.modelSettings,
      cacheFolder: folder.cache,
      blobFolder: folder.blobs,
      device: config.device,
      precision: config.precision,
      env: config.env,
      memoryBytes: config.memoryBytes,
      mode: config.mode
    },
    env: config.env,
    graceMs: cancelGraceMs
  })
  const thread = createThread<AnnotateRequest, ImageRef>({
    entry: path.join(import.meta.dirname, 'engine', 'annotate-worker.ts'),
    settings: folder.blobs,
    graceMs: mapGraceMs,
    mostWaiting: mostMapsWaiting
  })
  const pictureThread = createThread<PictureTask, PictureReply>({
    entry: path.join(import.meta.dirname, 'sdapi', 'picture-worker.ts'),
    settings: folder.blobs,
    graceMs: mapGraceMs,
    mostWaiting: mostPicturesWaiting
  })
  return {
    ...{ engine, pictures: picturesIn(pictureThread) },
    annotate: (request: AnnotateRequest, signal: AbortSignal): Promise<ImageRef> =>
      annotatorOf(request.annotator).needs === null
        ? thread.ask(request, signal)
        : engine.annotate(request, signal),
    stopEngines: () => {
      for (const each of [engine, thread, pictureThread]) each.stop()
    }
  }
}

type WebuiParts = Omit<SdapiParts, 'samplers' | 'schedules' | 'version' | 'optionsFile' | 'stylesFile'>

/** The A1111 API. */
const webuiRoutes = ({ version }: Config, folder: DataFolder, parts: WebuiParts): readonly Route[] =>
  sdapiRoutes({
    ...{ ...parts, samplers, schedules, version },
    optionsFile: folder.sdapiOptions,
    stylesFile: folder.styles
  })

async function openModels(config: Config, folder: DataFolder) {
  const library = openLibrary({
    folders: config.models,
    cacheFolder: folder.cache,
    settingsFile: folder.modelSettings
  })
  const extensions = openExtensions({ folders: () => library.searched(), cacheFolder: folder.cache })
  const inbox = await createModelInbox(folder.models)
  return { library, extensions, inbox }
}

interface Swept {
  readonly queue: Queue
  readonly blobs: BlobStore
  readonly store: JobStore
  readonly retention: RetentionLimits
}

async function sweep({ queue, blobs, store, retention }: Swept): Promise<void> {
  const before = Date.now() - unnamedBlobHours * hour
  queue.prune(retention)
  store.forgetOwners(before)
  await blobs.sweep(store.blobs(), before)
}

function keepSweeping(sweep: () => Promise<void>, log: Logger): void {
  const once = (): void => void sweep().catch((error: unknown) => log.error(error))
  once()
  setInterval(once, sweepMinutes * 60_000).unref()
}

/** Stops cleanly at the first signal, and at once where that takes too long or at a second one. */
function stopOnSignals(stop: () => Promise<void>): void {
  let stopping = false
  const onSignal = (): void => {
    if (stopping) process.exit(1)
    stopping = true
    setTimeout(() => process.exit(1), stopMs).unref()
    void stop().then(() => process.exit(0))
  }
  process.on('SIGTERM', onSignal)
  // A program that started this one decides when it ends; a terminal's Ctrl+C comes to both.
  const isOwned = process.send !== undefined
  process.on(isOwned ? 'disconnect' : 'SIGINT', onSignal)
  if (isOwned) process.on('SIGINT', () => undefined)
  // It may have gone away before this could be heard.
  if (isOwned && !process.connected) onSignal()
}

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2), process.env)
  if ('help' in config) process.stdout.write(config.help)
  else await serve(config)
}

main().catch((error: unknown) => {
  process.send?.(toErrorReply(error))
  if (error instanceof AppError) process.stderr.write(`${[error.message, error.hint].join('\n')}\n`)
  else process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`)
  process.exit(error instanceof AppError && error.code === 'settings-invalid' ? 2 : 1)
})
