/** How much is kept of what is finished; what a person starred is kept beyond all of it. */
export interface RetentionLimits {
  /** Finished jobs. */
  readonly jobs: number
  /** Days since a job finished. */
  readonly days: number
  /** Bytes of all blobs that jobs name, each counted once. */
  readonly bytes: number
}

export interface KeptJob {
  readonly key: number
  /** Milliseconds since 1970; null while it is unfinished. */
  readonly finished: number | null
  readonly starred: boolean
  readonly blobs: readonly { readonly blob: string; readonly bytes: number }[]
}

const day = 86_400_000

/**
 * Keys of the jobs to forget, so that the newest that fit into the limits stay. Starred and unfinished jobs always stay;
 * their bytes count. `now` is in milliseconds since 1970.
 */
export function expiredJobs(
  jobs: readonly KeptJob[],
  limits: RetentionLimits,
  now: number
): readonly number[] {
  const isSafe = ({ starred, finished }: KeptJob): boolean => starred || finished === null
  const counted = new Set<string>()
  let bytes = 0
  const count = (job: KeptJob): void => {
    for (const { blob, bytes: size } of job.blobs) {
      if (!counted.has(blob)) bytes += size
      counted.add(blob)
    }
  }
  for (const job of jobs) if (isSafe(job)) count(job)
  const newestFirst = jobs
    .filter((job) => !isSafe(job))
    .sort((a, b) => (b.finished ?? 0) - (a.finished ?? 0) || b.key - a.key)
  const expired: number[] = []
  for (const [index, job] of newestFirst.entries()) {
    if (bytes <= limits.bytes) count(job)
    const isOver = index >= limits.jobs || bytes > limits.bytes
    if (isOver || now - (job.finished ?? now) > limits.days * day) expired.push(job.key)
  }
  return expired
}
