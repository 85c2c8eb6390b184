import { parentPort, workerData } from 'node:worker_threads'
import { AppError, assert, toErrorReply } from '../errors.ts'
import { createBlobStore } from '../jobs/blobs.ts'
import { annotateBlob } from './annotate-blob.ts'
import type { FromThread, ThreadSettings, ToThread } from './annotate-messages.ts'

// A thread beside the server's own: makes the maps that need no network, and holds nobody up.

const isSettings = (data: unknown): data is ThreadSettings =>
  typeof data === 'object' && data !== null && 'blobFolder' in data

assert(isSettings(workerData), 'the thread was started without its settings')
const blobs = createBlobStore(workerData.blobFolder)

parentPort?.on('message', (request: ToThread) => void answer(request))

async function answer(request: ToThread): Promise<void> {
  try {
    tell({ image: await annotateBlob(request, await blobs, withoutNetworks) })
  } catch (error) {
    const trace = error instanceof AppError ? null : error instanceof Error ? error.stack : String(error)
    tell({ error: toErrorReply(error), trace: trace ?? null })
  }
}

const withoutNetworks = (kind: string): never => {
  throw new Error(`Bug: a network, ${kind}, was asked for in the thread without networks`)
}

const tell = (message: FromThread): void => parentPort?.postMessage(message)
