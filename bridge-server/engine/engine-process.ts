import { AppError, toErrorReply } from '../errors.ts'
import { createBlobStore, type BlobStore } from '../jobs/blobs.ts'
import type { Job } from '../protocol/results.ts'
import { openDevice } from '../runtime/device.ts'
import type { Models } from '../runtime/model.ts'
import { createModels } from '../runtime/models.ts'
import { openLibrary } from '../weights/library.ts'
import { isToEngine, type EngineSettings, type FromEngine } from './engine-messages.ts'
import { runJob } from './run-job.ts'

// The engine process: holds the models, makes one job after the other, and may die without taking the server along.

interface Opened {
  readonly models: Models
  readonly blobs: BlobStore
}

const runs = new Map<number, AbortController>()
let opened: Promise<Opened> = Promise.reject(new Error('Bug: the engine was given a job before its settings'))
opened.catch(() => undefined)

process.on('message', (message) => {
  if (!isToEngine(message)) return
  switch (message.type) {
    case 'open':
      opened = open(message.settings)
      return
    case 'run':
      void perform(message.run, message.job)
      return
    case 'cancel':
      runs.get(message.run)?.abort()
  }
})
// Nobody is left to work for.
process.on('disconnect', () => process.exit())
// A terminal sends Ctrl+C to every process in it; this one ends when the server says so.
process.on('SIGINT', () => undefined)

async function open(settings: EngineSettings): Promise<Opened> {
  const { modelFolders, cacheFolder, blobFolder, memoryBytes } = settings
  const library = openLibrary({ folders: modelFolders, cacheFolder })
  const device = settings.device === 'auto' ? (await openDevice('auto')).provider : settings.device
  tell({ type: 'ready', device })
  const models = createModels({ find: (id) => library.find(id), device, memoryBytes })
  return { models, blobs: await createBlobStore(blobFolder) }
}

async function perform(run: number, job: Job): Promise<void> {
  const controller = new AbortController()
  runs.set(run, controller)
  try {
    const { models, blobs } = await opened
    const result = await runJob(
      job,
      { models, blobs },
      {
        signal: controller.signal,
        onProgress: (progress) => tell({ type: 'progress', run, progress }),
        onPreview: (preview) => tell({ type: 'preview', run, preview })
      }
    )
    tell({ type: 'done', run, result })
  } catch (error) {
    const trace =
      error instanceof AppError
        ? null
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error)
    tell({ type: 'failed', run, error: toErrorReply(error), trace })
  } finally {
    runs.delete(run)
  }
}

function tell(message: FromEngine): void {
  process.send?.(message)
}
