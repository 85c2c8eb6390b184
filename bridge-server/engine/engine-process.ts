import type { Network } from '../annotate/annotator.ts'
import type { OpenNetwork } from '../annotate/make-map.ts'
import { remembering } from '../annotate/remember.ts'
import { AppError, assert, toErrorReply } from '../errors.ts'
import { createBlobStore, type BlobStore } from '../jobs/blobs.ts'
import { freeMemory } from '../runtime/free-memory.ts'
import type { DiffusionModel, Models } from '../runtime/model.ts'
import { createModels } from '../runtime/models.ts'
import { chooseDevice, createTry } from '../runtime/self-test/choose-device.ts'
import { openExtensions } from '../weights/extensions/extension-library.ts'
import { openLibrary, type Library } from '../weights/library.ts'
import { annotateBlob } from './annotate-blob.ts'
import { isToEngine, type EngineSettings, type FromEngine, type ToEngine } from './engine-messages.ts'
import { runJob } from './run-job.ts'
import { warmUp } from './warm-up.ts'

// The engine process: holds the models, makes one job after the other, and may die without taking the server along.

interface Opened {
  readonly models: Models
  readonly blobs: BlobStore
  readonly openNetwork: OpenNetwork
}

const runs = new Map<number, AbortController>()
const warming = new AbortController()
let opened: Promise<Opened> | null = null

process.on('message', (message) => {
  if (!isToEngine(message)) return
  switch (message.type) {
    case 'open':
      opened = open(message.settings)
      // Whoever brings a job is told why it failed.
      opened.catch((error: unknown) =>
        process.stderr.write(`The engine cannot work: ${toErrorReply(error).message}\n`)
      )
      return
    case 'warm':
      void warm(message.model)
      return
    case 'run':
      warming.abort()
      void perform(message.run, (opened, signal) => makeResult(message, opened, signal))
      return
    case 'annotate':
      void perform(message.run, (opened) => makeMapOf(message, opened))
      return
    case 'cancel':
      runs.get(message.run)?.abort()
  }
})
// Nobody is left to work for.
process.on('disconnect', () => process.exit())
if (!process.connected) process.exit()
// A terminal sends Ctrl+C to every process in it; this one ends when the server says so.
process.on('SIGINT', () => undefined)

async function open(settings: EngineSettings): Promise<Opened> {
  const { modelFolders, modelSettings, cacheFolder, blobFolder, memoryBytes, mode } = settings
  const library = openLibrary({ folders: modelFolders, cacheFolder, settingsFile: modelSettings })
  const { device, report } = await chooseDevice(settings, createTry(settings))
  tell({ type: 'ready', device: report })
  const models = createModels({
    find: (id, vae) => library.find(id, vae),
    extensions: openExtensions({ folders: () => library.searched(), cacheFolder }),
    ...{ device, memoryBytes, freeBytes: freeMemory },
    ...(mode === 'auto' ? {} : { mode })
  })
  return {
    models,
    blobs: await createBlobStore(blobFolder),
    openNetwork: remembering(networkOpener(models, library))
  }
}

/** Opens an annotator's network; for depth, where it has no file of its own, the estimator inside a model. */
function networkOpener(models: Models, library: Library): OpenNetwork {
  const estimators = new WeakMap<EstimateDepth, Network>()
  const networkOf = (estimate: EstimateDepth): Network => {
    const network: Network = estimators.get(estimate) ?? (async (picture) => [await estimate(picture)])
    estimators.set(estimate, network)
    return network
  }
  return async (kind) => {
    try {
      return await models.annotator(kind)
    } catch (error) {
      if (kind !== 'depth' || !(error instanceof AppError) || error.code !== 'model-missing') throw error
      const inside = await library.depthModel()
      if (inside === null) throw error
      const { estimateDepth } = await models.open(inside)
      if (estimateDepth === null) throw error
      return networkOf(estimateDepth)
    }
  }
}

type EstimateDepth = NonNullable<DiffusionModel['estimateDepth']>

/** Prepares a model while nobody waits. What fails here fails again, and is told, with the first job. */
async function warm(model: string): Promise<void> {
  try {
    const { models } = await ready()
    await warmUp(model, models, warming.signal)
    await tellMemory()
  } catch (error) {
    if (!warming.signal.aborted) process.stderr.write(`The engine did not warm up: ${String(error)}\n`)
  }
}

function ready(): Promise<Opened> {
  assert(opened !== null, 'the engine was given work before its settings')
  return opened
}

/** Does a run's work, and tells how it ended. */
async function perform(
  run: number,
  work: (opened: Opened, signal: AbortSignal) => Promise<FromEngine>
): Promise<void> {
  const controller = new AbortController()
  runs.set(run, controller)
  try {
    tell(await work(await ready(), controller.signal))
  } catch (error) {
    tell({ type: 'failed', run, error: toErrorReply(error), trace: traceOf(error) })
  } finally {
    runs.delete(run)
    await tellMemory()
  }
}

async function tellMemory(): Promise<void> {
  const opened = await ready().catch(() => null)
  if (opened === null) return
  const { limit, room, networks } = opened.models.memory()
  const held = networks.reduce((sum, { bytes }) => sum + bytes, 0)
  const { rss } = process.memoryUsage()
  // In kilobytes.
  const peak = 1024 * process.resourceUsage().maxRSS
  const [most, now] = [Math.round(limit), Math.round(room)]
  tell({ type: 'memory', networks, memory: { limit: most, room: now, networks: held, process: rss, peak } })
}

async function makeResult(
  { run, job }: Extract<ToEngine, { type: 'run' }>,
  opened: Opened,
  signal: AbortSignal
): Promise<FromEngine> {
  opened.models.look()
  const result = await runJob(job, opened, {
    signal,
    onProgress: (progress) => tell({ type: 'progress', run, progress }),
    onPreview: (preview) => tell({ type: 'preview', run, preview })
  })
  return { type: 'done', run, result }
}

const makeMapOf = async (
  { run, request }: Extract<ToEngine, { type: 'annotate' }>,
  { blobs, openNetwork }: Opened
): Promise<FromEngine> => ({ type: 'annotated', run, image: await annotateBlob(request, blobs, openNetwork) })

function traceOf(error: unknown): string | null {
  if (error instanceof AppError) return null
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function tell(message: FromEngine): void {
  process.send?.(message)
}
