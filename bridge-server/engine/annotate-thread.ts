import { Worker } from 'node:worker_threads'
import { fromErrorReply } from '../errors.ts'
import type { AnnotateRequest } from '../protocol/annotators.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { FromThread, ThreadSettings } from './annotate-messages.ts'
import { createTurns } from './turns.ts'

/** The thread that makes maps without networks: started with the first one, and again after it was ended. */
export interface AnnotateThread {
  /** Stores the map as a blob. Rejects with the signal's reason as soon as it is aborted. */
  annotate(request: AnnotateRequest, signal: AbortSignal): Promise<ImageRef>
  stop(): void
}

interface ThreadParts extends ThreadSettings {
  /** The module that the thread runs. */
  readonly entry: string
  /** How long a map that nobody wants any more may go on before its thread is ended; a new one takes about as long to start. */
  readonly graceMs: number
}

const mostWaiting = 16

export function createAnnotateThread({ entry, blobFolder, graceMs }: ThreadParts): AnnotateThread {
  const inTurn = createTurns(mostWaiting)
  let thread: Worker | null = null

  const living = (): Worker => {
    if (thread !== null) return thread
    const started = new Worker(entry, {
      execArgv: ['--import', typescriptLoader],
      workerData: { blobFolder } satisfies ThreadSettings
    })
    // Nothing but a map holds the server open.
    started.unref()
    started.once('exit', () => {
      if (thread === started) thread = null
    })
    thread = started
    return started
  }

  return {
    annotate: (request, signal) => inTurn(() => performIn(living(), { request, signal, graceMs }), signal),
    stop: () => {
      void thread?.terminate()
      thread = null
    }
  }
}

const typescriptLoader = new URL('../typescript.mjs', import.meta.url).href

interface Work {
  readonly request: AnnotateRequest
  readonly signal: AbortSignal
  readonly graceMs: number
}

function performIn(thread: Worker, { request, signal, graceMs }: Work): Promise<ImageRef> {
  const over = new AbortController()
  const ended = new Promise<ImageRef>((resolve, reject) => {
    const receive = (message: FromThread): void =>
      'image' in message ? resolve(message.image) : reject(failure(message))
    const exit = (): void => reject(new Error('The thread that makes maps has ended'))
    thread.on('message', receive).on('error', reject).on('exit', exit)
    over.signal.addEventListener('abort', () =>
      thread.off('message', receive).off('error', reject).off('exit', exit)
    )
  })
  const cancel = (): void => {
    const grace = setTimeout(() => void thread.terminate(), graceMs)
    over.signal.addEventListener('abort', () => clearTimeout(grace))
  }
  signal.addEventListener('abort', cancel, { signal: over.signal })
  thread.postMessage(request)
  return ended.finally(() => over.abort())
}

const failure = ({ error, trace }: Extract<FromThread, { trace: unknown }>): Error =>
  error.code === 'internal' ? new Error(`In the thread: ${trace ?? error.message}`) : fromErrorReply(error)
