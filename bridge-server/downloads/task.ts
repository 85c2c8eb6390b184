import { AppError } from '../errors.ts'
import type { DownloadEntry } from '../protocol/downloads.ts'
import type { PartFile } from './part-file.ts'
import { createSpeed } from './speed.ts'

export type TaskState = 'waiting' | 'downloading' | 'checking' | 'paused' | 'failed'

/** A download that is not over, and where it stands. */
export interface Task {
  readonly entry: DownloadEntry
  readonly unverified: boolean
  /** Settles when nothing of it runs any more. */
  running: Promise<void>
  state(): TaskState
  /** Bytes that are here; while it is checked, those that are. */
  done(): number
  /** Bytes that are not here yet. */
  left(): number
  /** Host of the mirror. */
  from(): string
  /** Per second. */
  speed(): number | null
  signal(): AbortSignal
  /** Why it does not run. */
  failure(): AppError
  /** What went wrong and nobody can act on. */
  bug(): unknown
  wait(): void
  begin(): void
  pause(): void
  /** What is fetched to from now on; null: what was here is thrown away. */
  readonly hasPart: (part: PartFile | null) => void
  readonly asks: (url: string) => void
  readonly checked: (bytes: number) => void
  readonly ended: (error: unknown) => void
}

interface TaskParts {
  readonly entry: DownloadEntry
  readonly unverified: boolean
  /** Bytes that are here, in any number of parts. */
  readonly have: readonly number[]
  readonly now: () => number
}

/** A paused one. */
export function createTask({ entry, unverified, have, now }: TaskParts): Task {
  const speed = createSpeed(now)
  const stop = new AbortController()
  let state: TaskState = 'paused'
  let part: PartFile | null = null
  let kept = have.reduce((sum, bytes) => sum + bytes, 0)
  let host = ''
  let hashed = 0
  let error: unknown = null
  const fetched = (): number => part?.done() ?? kept

  return {
    entry,
    unverified,
    running: Promise.resolve(),
    state: () => state,
    done: () => (state === 'checking' ? hashed : fetched()),
    left: () => entry.bytes - fetched(),
    from: () => host,
    speed: () => {
      speed.saw(fetched())
      return speed.perSecond()
    },
    signal: () => stop.signal,
    failure: () => (state === 'failed' ? asAppError(error, entry) : pausedError(entry)),
    bug: () => (state === 'failed' && !(error instanceof AppError) && !isDiskFull(error) ? error : null),
    wait: () => (state = 'waiting'),
    begin: () => (state = 'downloading'),
    pause: () => {
      if (state === 'waiting') state = 'paused'
      stop.abort(pausedError(entry))
    },
    hasPart: (opened) => {
      part = opened
      kept = 0
      speed.saw(fetched())
    },
    asks: (url) => {
      host = new URL(url).host
      state = 'downloading'
    },
    checked: (bytes) => {
      state = 'checking'
      hashed = bytes
    },
    ended: (thrown) => {
      error = thrown
      state = stop.signal.aborted ? 'paused' : 'failed'
    }
  }
}

export const isRunning = (task: Task): boolean =>
  task.state() === 'downloading' || task.state() === 'checking'

/** Running or about to. */
export const isUnderWay = (task: Task | undefined): boolean =>
  task !== undefined && (isRunning(task) || task.state() === 'waiting')

const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

function asAppError(error: unknown, { name }: DownloadEntry): AppError {
  if (error instanceof AppError) return error
  if (isDiskFull(error))
    return new AppError('disk-full', {
      message: `The disk was full before ${name} was whole.`,
      hint: 'What is here is kept. Free some space, and go on.',
      cause: error
    })
  return new AppError('internal', {
    message: `${name} could not be downloaded, by a mistake inside Marquee.`,
    hint: 'The server log has the details; please report them.',
    cause: error
  })
}

const pausedError = ({ name }: DownloadEntry): AppError =>
  new AppError('download-failed', {
    message: `The download of ${name} was stopped.`,
    hint: 'Go on with it when you like.'
  })
