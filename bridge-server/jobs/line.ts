import type { JobEvents } from './events.ts'
import type { JobName } from './job.ts'

/** The jobs that wait. Whoever's place changes is told of it: near the front at once, far behind before long. */
export interface Line {
  readonly jobs: readonly JobName[]
  /** 1 is next; null for a job that does not wait. */
  positionOf(job: JobName): number | null
  /** Takes the next job out. */
  takeNext(): JobName | null
  takeOut(job: JobName): void
  putFirst(job: JobName): void
  putLast(job: JobName): void
  /** A position past the end is the end. */
  move(job: JobName, position: number): void
}

/** Places that are told with every change of the line. To tell all of a long line would be all that a busy server does. */
const front = 50
/** Of those behind so many are told in one go, and then again after so many milliseconds. */
const behindAtOnce = 200
const behindPause = 250

export function createLine(waiting: readonly JobName[], events: JobEvents): Line {
  const announced = new Map<number, number>()
  let jobs: readonly JobName[] = []
  /** Index behind the front up to which places were told in this walk, and whether the line has changed since it began. */
  let told = front
  let changedSince = false
  let timer: NodeJS.Timeout | null = null

  const without = ({ key }: JobName): readonly JobName[] => jobs.filter((other) => other.key !== key)

  /** Tells a place unless it is known; true where it was not. */
  const tell = (index: number): boolean => {
    const stored = jobs[index]
    if (stored === undefined || announced.get(stored.key) === index + 1) return false
    announced.set(stored.key, index + 1)
    events.publish(stored.client, { type: 'queued', jobId: stored.id, position: index + 1 })
    return true
  }

  const tellBehind = (): void => {
    timer = null
    for (let count = 0; told < jobs.length && count < behindAtOnce; told++) if (tell(told)) count++
    const isOver = told >= jobs.length
    if (!isOver || changedSince) tellBehindLater()
    if (!isOver) return
    told = front
    changedSince = false
  }

  const tellBehindLater = (): void => {
    timer ??= setTimeout(tellBehind, behindPause).unref()
  }

  const become = (changed: readonly JobName[], joined?: JobName): void => {
    jobs = changed
    for (let index = 0; index < Math.min(front, jobs.length); index++) tell(index)
    if (joined !== undefined) tell(jobs.indexOf(joined))
    if (jobs.length <= front) return
    changedSince = timer !== null
    tellBehindLater()
  }

  const takeOut = (job: JobName): void => {
    announced.delete(job.key)
    become(without(job))
  }

  become(waiting)
  return {
    get jobs() {
      return jobs
    },
    positionOf: ({ key }) => {
      const index = jobs.findIndex((other) => other.key === key)
      return index < 0 ? null : index + 1
    },
    takeNext: () => {
      const next = jobs[0]
      if (next === undefined) return null
      takeOut(next)
      return next
    },
    takeOut,
    putFirst: (job) => become([job, ...jobs], job),
    putLast: (job) => become([...jobs, job], job),
    move: (job, position) => become(without(job).toSpliced(position - 1, 0, job), job)
  }
}
