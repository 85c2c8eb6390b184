import type { Phase } from '../protocol/messages.ts'

/** Where a job stands: steps are those of all variations together. */
export interface Progress {
  readonly phase: Phase
  readonly variation: number
  readonly variations: number
  readonly step: number
  readonly steps: number
}

/** A place in the work on one variation: steps done of it, and those that each has. */
export interface Place {
  readonly variation: number
  readonly step: number
  readonly steps: number
}

/** Tells where a job stands, and stops it between phases once it is cancelled. */
export const createReporter =
  (
    {
      signal,
      onProgress
    }: { readonly signal: AbortSignal; readonly onProgress: (progress: Progress) => void },
    variations: number
  ) =>
  (phase: Phase, { variation, step, steps }: Place = { variation: 0, step: 0, steps: 0 }): void => {
    signal.throwIfAborted()
    // Adaptive samplers make as many steps as they need.
    const done = variation * steps + Math.min(step, steps)
    onProgress({ phase, variation, variations, step: done, steps: variations * steps })
  }
