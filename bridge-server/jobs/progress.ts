import type { Progress } from './job.ts'

/** Least milliseconds between two messages of one phase: ten a second are as many as anyone can read. */
const interval = 100

export type TimedProgress = Progress & { readonly etaSeconds: number | null }

/**
 * Thins out a run's progress and adds the time left, from the mean time of its steps so far (the work between steps included).
 * The first word of each phase and the last step always pass. `now` is in milliseconds.
 */
export function createProgress(now: () => number): (progress: Progress) => TimedProgress | null {
  let first: { readonly time: number; readonly step: number } | null = null
  let last: { readonly time: number; readonly progress: Progress } | null = null

  return (progress) => {
    const time = now()
    if (progress.phase === 'sampling') first ??= { time, step: progress.step }
    const changed = last?.progress.phase !== progress.phase || last.progress.variation !== progress.variation
    if (!changed && progress.step < progress.steps && time - (last?.time ?? 0) < interval) return null
    last = { time, progress }
    const done = first === null ? 0 : progress.step - first.step
    const left = progress.steps - progress.step
    return {
      ...progress,
      etaSeconds: first === null || done <= 0 ? null : (left * (time - first.time)) / done / 1000
    }
  }
}
