import { parentPort } from 'node:worker_threads'
import { AppError, assert, toErrorReply } from '../errors.ts'
import type { FromThread } from './thread.ts'

/** Has a thread's module answer what `createThread` sends it, which is our own code of one version. */
export function answerInThread<Request>(
  isRequest: (message: unknown) => message is Request,
  answer: (request: Request) => Promise<unknown>
): void {
  const tell = (message: FromThread<unknown>): void => parentPort?.postMessage(message)
  const receive = async (request: unknown): Promise<void> => {
    try {
      assert(isRequest(request), 'the thread was asked for what it does not know')
      tell({ reply: await answer(request) })
    } catch (error) {
      const isKnown = error instanceof AppError
      const trace = isKnown ? null : error instanceof Error ? (error.stack ?? null) : String(error)
      tell({ error: toErrorReply(error), field: isKnown ? (error.field ?? null) : null, trace })
    }
  }
  parentPort?.on('message', (request: unknown) => void receive(request))
}
