import { fork, type ChildProcess } from 'node:child_process'
import { AppError, fromErrorReply } from '../errors.ts'
import type { RunJob } from '../jobs/job.ts'
import type { AnnotateRequest } from '../protocol/annotators.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { JobResult } from '../protocol/results.ts'
import type { EngineEnd, ServerStatus } from '../protocol/status.ts'
import type { ComputeStatus } from '../protocol/compute.ts'
import { driverEnv } from '../runtime/self-test/driver-env.ts'
import { mallocTunables } from './malloc.ts'
import { isFromEngine, type EngineSettings, type FromEngine, type ToEngine } from './engine-messages.ts'
import { createTurns } from '../thread/turns.ts'

/** The engine process as the server sees it: started when it is needed, and again after it has died. */
export interface Engine {
  /**
   * Makes a job's result in the engine process. Rejects with the signal's reason when cancelled, at most `graceMs` later;
   * with AppError 'engine-died' when the process ends meanwhile.
   */
  readonly run: RunJob
  /**
   * Makes a map for which a network is needed, between the steps of a job. Rejects with the signal's reason as soon as it is
   * aborted, with AppError 'too-many' where too many wait, 'engine-died' as `run` does.
   */
  annotate(request: AnnotateRequest, signal: AbortSignal): Promise<ImageRef>
  /** Where the arithmetic happens: what was asked for, until the engine knows what it is. */
  device(): string
  /** Whether its process runs, how many there were, and those that ended unasked. */
  health(): ServerStatus['engine']
  /** Of the latest process. */
  compute(): ComputeStatus
  /** Starts the process now rather than with the first job, and has it prepare a model. */
  warm(model: string): void
  /** Ends the process where it does nothing, and with it all models in memory; the next run starts another. */
  rest(): void
  stop(): void
}

interface EngineParts {
  /** The module that the process runs. */
  readonly entry: string
  readonly settings: EngineSettings
  readonly env: Readonly<Record<string, string | undefined>>
  /** How long a run may go on after it was cancelled before its process is killed. */
  readonly graceMs: number
}

/** Each takes about as long as a step of a job. */
const mostMapsWaiting = 8

export function createEngine({ entry, settings, env, graceMs }: EngineParts): Engine {
  let child: ChildProcess | null = null
  let [runs, running, starts] = [0, 0, 0]
  let ends: EngineEnd[] = []
  let compute: ComputeStatus = { device: null, memory: null, networks: [] }
  const inTurn = createTurns(mostMapsWaiting)

  const forget = (): void => {
    child = null
    compute = { ...compute, memory: null, networks: [] }
  }
  const living = (): ChildProcess => {
    if (child !== null) return child
    const started = startProcess(entry, env, {
      told: (message) => {
        if (child !== started) return
        if (message.type === 'ready') compute = { ...compute, device: message.device }
        if (message.type === 'memory')
          compute = { ...compute, memory: message.memory, networks: [...message.networks] }
      },
      gone: (reason) => {
        if (child !== started) return
        forget()
        ends = [...ends, { at: Date.now(), reason }].slice(-endsRemembered)
      }
    })
    starts += 1
    tell(started, { type: 'open', settings })
    child = started
    return started
  }

  const nextRun = (): number => ++runs
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    running++
    try {
      return await work
    } finally {
      running--
    }
  }
  const end = (): void => {
    child?.kill('SIGKILL')
    forget()
  }

  return {
    run: async (job, stage) => {
      stage.signal.throwIfAborted()
      const run = nextRun()
      const work = perform<JobResult>(living(), {
        ...{ run, graceMs, signal: stage.signal },
        message: { type: 'run', run, job },
        receive: (message, resolve) => {
          if (message.type === 'progress') stage.onProgress(message.progress)
          else if (message.type === 'preview') stage.onPreview(message.preview)
          else if (message.type === 'done') resolve(message.result)
        }
      })
      return counted(work)
    },
    annotate: (request, signal) =>
      inTurn(() => {
        const run = nextRun()
        const work = perform<ImageRef>(living(), {
          // A job may run in the same process, which must not end for a map that nobody wants any more.
          ...{ run, graceMs: null, signal },
          message: { type: 'annotate', run, request },
          receive: (message, resolve) => {
            if (message.type === 'annotated') resolve(message.image)
          }
        })
        return counted(work)
      }, signal),
    device: () => compute.device?.device ?? settings.device,
    compute: () => compute,
    health: () => ({ state: child === null ? 'asleep' : 'running', starts, ends }),
    warm: (model) => tell(living(), { type: 'warm', model }),
    rest: () => {
      if (running === 0) end()
    },
    stop: end
  }
}

const endsRemembered = 10

function startProcess(
  entry: string,
  env: EngineParts['env'],
  { told, gone }: { told: (message: FromEngine) => void; gone: (reason: string) => void }
): ChildProcess {
  const started = fork(entry, {
    execArgv: ['--import', typescriptLoader],
    serialization: 'advanced',
    // Standard output belongs to the server's one line; what native code prints goes to the log's stream.
    stdio: ['ignore', 2, 2, 'ipc'],
    env: { ...driverEnv(env), ...(process.platform === 'linux' ? { GLIBC_TUNABLES: mallocTunables } : {}) }
  })
  started.on('message', (message) => {
    if (isFromEngine(message)) told(message)
  })
  // 'error' comes without 'exit' where the process could not even start.
  started.on('exit', (code, killer) => gone(wayOut(code, killer)))
  started.on('error', (error) => gone(error.message))
  return started
}

const wayOut = (code: number | null, killer: string | null): string => killer ?? `exit code ${String(code)}`

const typescriptLoader = new URL('../typescript.mjs', import.meta.url).href

interface Call<Result> {
  readonly run: number
  readonly message: ToEngine
  readonly signal: AbortSignal
  /** Null: what was cancelled may go on for as long as it takes. */
  readonly graceMs: number | null
  /** Takes what is told of this run, but its failure. */
  readonly receive: (message: AboutRun, resolve: (result: Result) => void) => void
}

type AboutRun = Exclude<FromEngine, { type: 'ready' | 'memory' | 'failed' }>

function perform<Result>(
  child: ChildProcess,
  { run, message: request, signal, graceMs, receive }: Call<Result>
): Promise<Result> {
  const over = new AbortController()
  const cancel = (): void => {
    tell(child, { type: 'cancel', run })
    if (graceMs === null) return
    const grace = setTimeout(() => child.kill('SIGKILL'), graceMs)
    over.signal.addEventListener('abort', () => clearTimeout(grace))
  }
  const ended = new Promise<Result>((resolve, reject) => {
    const fail = (error: Error): void => reject(signal.aborted ? reasonOf(signal) : error)
    const listen = (message: unknown): void => {
      if (
        !isFromEngine(message) ||
        message.type === 'ready' ||
        message.type === 'memory' ||
        message.run !== run
      )
        return
      if (message.type === 'failed') fail(failure(message))
      else receive(message, resolve)
    }
    const exit = (code: number | null, killer: string | null): void => fail(died(wayOut(code, killer)))
    const crash = (error: Error): void => fail(died(error.message))
    child.on('message', listen).on('exit', exit).on('error', crash)
    over.signal.addEventListener('abort', () =>
      child.off('message', listen).off('exit', exit).off('error', crash)
    )
  })
  signal.addEventListener('abort', cancel, { signal: over.signal })
  tell(child, request)
  return ended.finally(() => over.abort())
}

/** A process that cannot be told has died; its 'exit' says so. */
function tell(child: ChildProcess, message: ToEngine): void {
  if (child.connected) child.send(message, () => undefined)
}

const failure = ({ error, trace }: Extract<FromEngine, { type: 'failed' }>): Error =>
  error.code === 'internal' ? new Error(`In the engine: ${trace ?? error.message}`) : fromErrorReply(error)

const reasonOf = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error('Aborted', { cause: signal.reason })

const hints: Readonly<Record<string, string>> = {
  SIGKILL: 'The system may have run out of memory: try a smaller size or a smaller model.',
  SIGABRT: 'Try a smaller size, or start with --device cpu.',
  SIGSEGV: 'A driver may have failed: try again, or start with --device cpu.',
  SIGBUS: 'A model file may have been changed or moved while it was in use: check it and try again.'
}

const died = (how: string): AppError =>
  new AppError('engine-died', {
    message: `The engine ended in the middle of the job (${how}).`,
    hint: hints[how] ?? 'The server log may tell why; try again, or try a smaller size.'
  })
