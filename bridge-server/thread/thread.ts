import { Worker } from 'node:worker_threads'
import { fromErrorReply } from '../errors.ts'
import type { ErrorReply } from '../protocol/errors.ts'
import { createTurns } from './turns.ts'

/** A thread beside the server's own: started with the first request, and again after it was ended. */
export interface Thread<Request, Reply> {
  /**
   * One request after the other. Rejects with the signal's reason as soon as it is aborted, with AppError 'too-many' where too many
   * wait, and with what the thread threw.
   */
  ask(request: Request, signal: AbortSignal): Promise<Reply>
  stop(): void
}

interface ThreadParts {
  /** The module that the thread runs; it calls `answerInThread`. */
  readonly entry: string
  /** What the module finds as its `workerData`. */
  readonly settings: unknown
  /** How long work that nobody wants any more may go on before the thread is ended; a new one takes about as long to start. */
  readonly graceMs: number
  readonly mostWaiting: number
}

/** Thread → server: how the last request ended. `trace` is the stack of a bug, for the log. */
export type FromThread<Reply> =
  | { readonly reply: Reply }
  | { readonly error: ErrorReply; readonly field: string | null; readonly trace: string | null }

export function createThread<Request, Reply>(parts: ThreadParts): Thread<Request, Reply> {
  const { entry, settings, graceMs } = parts
  const inTurn = createTurns(parts.mostWaiting)
  let thread: Worker | null = null

  const living = (): Worker => {
    if (thread !== null) return thread
    const started = new Worker(entry, { execArgv: ['--import', typescriptLoader], workerData: settings })
    // Nothing but a request holds the server open.
    started.unref()
    started.once('exit', () => {
      if (thread === started) thread = null
    })
    thread = started
    return started
  }

  return {
    ask: (request, signal) => inTurn(() => performIn<Reply>(living(), { request, signal, graceMs }), signal),
    stop: () => {
      void thread?.terminate()
      thread = null
    }
  }
}

const typescriptLoader = new URL('../typescript.mjs', import.meta.url).href

interface Work {
  readonly request: unknown
  readonly signal: AbortSignal
  readonly graceMs: number
}

function performIn<Reply>(thread: Worker, { request, signal, graceMs }: Work): Promise<Reply> {
  const over = new AbortController()
  const ended = new Promise<Reply>((resolve, reject) => {
    const receive = (message: FromThread<Reply>): void =>
      'reply' in message ? resolve(message.reply) : reject(failure(message))
    const exit = (): void => reject(new Error('The thread has ended'))
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

const failure = ({ error, field, trace }: Extract<FromThread<unknown>, { trace: unknown }>): Error =>
  error.code === 'internal'
    ? new Error(`In the thread: ${trace ?? error.message}`)
    : fromErrorReply(error, field ?? undefined)
