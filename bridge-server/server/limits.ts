import { AppError } from '../errors.ts'

/** How much one visitor, or all together, may ask of the server. */
export interface Limits {
  /** TCP connections. */
  readonly connections: number
  /** Open sockets of all tokens, those that have not said hello included, and of one. */
  readonly sockets: number
  readonly socketsOfToken: number
  /** Messages of one socket at once, and in the long run. */
  readonly messageBurst: number
  readonly messagesPerSecond: number
  /** Bytes that may wait for a client that does not read. */
  readonly unreadBytes: number
  /** Bytes that one token may upload in an hour. */
  readonly uploadBytes: number
  /** The same for model files. */
  readonly modelBytes: number
  /** Seconds in which a socket must say hello. */
  readonly helloSeconds: number
  /** Seconds for the headers of a request. */
  readonly headerSeconds: number
  /** Seconds in which nothing comes or goes on a connection that is no socket. */
  readonly idleSeconds: number
  /** A body that is slower than `paceBytes` in `paceSeconds` is broken off. */
  readonly paceSeconds: number
  readonly paceBytes: number
}

export const defaultLimits: Limits = {
  connections: 1024,
  sockets: 512,
  socketsOfToken: 256,
  messageBurst: 1000,
  messagesPerSecond: 100,
  unreadBytes: 16 * 2 ** 20,
  uploadBytes: 16 * 2 ** 30,
  modelBytes: 64 * 2 ** 30,
  helloSeconds: 5,
  headerSeconds: 10,
  idleSeconds: 60,
  paceSeconds: 10,
  paceBytes: 16 * 2 ** 10
}

interface BucketParts {
  readonly size: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly now: () => number
}

/** A token bucket: lets `size` pass at once and `perSecond` in the long run. Its function tells whether `amount` may pass. */
export function createBucket({ size, perSecond, now }: BucketParts): (amount: number) => boolean {
  let level = size
  let filled = now()
  return (amount) => {
    const time = now()
    level = Math.min(size, level + ((time - filled) / 1000) * perSecond)
    filled = time
    if (amount > level) return false
    level -= amount
    return true
  }
}

/** Counts what is open, by whom. Each throws AppError 'too-many' at its limit and returns the way to let go. */
export function createCounts(most: number, what: string): (holder: string) => () => void {
  const counts = new Map<string, number>()
  return (holder) => {
    const count = counts.get(holder) ?? 0
    if (count >= most)
      throw new AppError('too-many', {
        message: `${count} ${what} are open already; ${most} are allowed.`,
        hint: 'Close some that are not needed.'
      })
    counts.set(holder, count + 1)
    return () => {
      const left = (counts.get(holder) ?? 1) - 1
      if (left > 0) counts.set(holder, left)
      else counts.delete(holder)
    }
  }
}

/** Lets each token upload so many bytes an hour. Throws AppError 'too-many'. */
export function createUploadQuota(uploadBytes: number, now: () => number) {
  const buckets = new Map<string, (bytes: number) => boolean>()
  return (holder: string, bytes: number): void => {
    const take =
      buckets.get(holder) ?? createBucket({ size: uploadBytes, perSecond: uploadBytes / 3600, now })
    buckets.set(holder, take)
    if (take(bytes)) return
    throw new AppError('too-many', {
      message: `More than ${uploadBytes} bytes were sent in an hour.`,
      hint: 'Wait a few minutes.'
    })
  }
}
