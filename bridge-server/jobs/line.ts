import type { JobEvents } from './events.ts'
import type { StoredJob } from './job.ts'

/** The jobs that wait. Whoever's place changes is told of it. */
export interface Line {
  readonly jobs: readonly StoredJob[]
  /** 1 is next; null for a job that does not wait. */
  positionOf(job: StoredJob): number | null
  /** Takes the next job out. */
  takeNext(): StoredJob | null
  takeOut(job: StoredJob): void
  putFirst(job: StoredJob): void
  putLast(job: StoredJob): void
  /** A position past the end is the end. */
  move(job: StoredJob, position: number): void
}

export function createLine(waiting: readonly StoredJob[], events: JobEvents): Line {
  const announced = new Map<number, number>()
  let jobs: readonly StoredJob[] = []

  const without = ({ key }: StoredJob): readonly StoredJob[] => jobs.filter((other) => other.key !== key)

  const become = (changed: readonly StoredJob[]): void => {
    jobs = changed
    for (const [index, { key, client, job }] of jobs.entries()) {
      if (announced.get(key) === index + 1) continue
      announced.set(key, index + 1)
      events.publish(client, { type: 'queued', jobId: job.id, position: index + 1 })
    }
  }

  const takeOut = (job: StoredJob): void => {
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
    putFirst: (job) => become([job, ...jobs]),
    putLast: (job) => become([...jobs, job]),
    move: (job, position) => become(without(job).toSpliced(position - 1, 0, job))
  }
}
