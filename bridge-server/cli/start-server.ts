import { fork, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { AppError, fromErrorReply } from '../errors.ts'
import { ErrorReply } from '../protocol/errors.ts'
import { checked } from '../parse.ts'
import type { Terminal } from './command.ts'

/** A server that belongs to this process: it ends when it is told to, and when this process does. */
export interface OwnServer {
  readonly url: string
  readonly token: string
  stop(): Promise<void>
}

const program = path.join(import.meta.dirname, '..', 'main.ts')
const typescriptLoader = new URL('../typescript-with-schemas.mjs', import.meta.url).href

/** Starts a server on a free port, without page and browser. Rejects with the AppError that keeps it from starting. */
export async function startServer(
  options: readonly string[],
  { env, signal }: Pick<Terminal, 'env' | 'signal'>
): Promise<OwnServer> {
  signal.throwIfAborted()
  const isLogged = options.includes('--log')
  const log = isLogged ? [] : ['--log', 'silent']
  const child = fork(program, ['--port', '0', '--no-open', '--no-warm', ...log, ...options], {
    execArgv: ['--import', typescriptLoader],
    stdio: ['ignore', 'pipe', isLogged ? 'inherit' : 'ignore', 'ipc'],
    env
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect()
    await ended
  }
  try {
    return { ...(await ready(child, signal)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function ready(child: ChildProcess, signal: AbortSignal): Promise<{ url: string; token: string }> {
  return new Promise((resolve, reject) => {
    let reason: Error = new AppError('engine-died', {
      message: 'The server that was to be started ended at once.',
      hint: 'Start it with marquee serve to see why, or run marquee doctor.'
    })
    child.on('message', (message) => {
      reason = fromErrorReply(checked(ErrorReply, message))
    })
    child.once('error', reject)
    child.once('exit', () => reject(reason))
    signal.addEventListener('abort', () => reject(new Error('Aborted', { cause: signal.reason })))
    if (child.stdout === null) throw new Error('Bug: the server has no standard output')
    createInterface(child.stdout).on('line', (line) => {
      const [, url, token] = /^Marquee is ready at (http\S*)\/#token=(\S+)$/.exec(line) ?? []
      if (url !== undefined && token !== undefined) resolve({ url, token })
    })
  })
}
