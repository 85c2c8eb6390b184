/** Previews take at most this share of a job's time. */
export const PREVIEW_SHARE = 0.05

/** Says when there is time for a look at what is being made. */
export interface PreviewPace {
  /**
   * Makes a preview where those before it leave it the time, or where it is the last of its picture. One may be made before
   * anything is known of what they cost.
   */
  offer(isLast: boolean, make: () => Promise<void>): Promise<void>
}

/** `now`: milliseconds, from any start. The time that a preview will take is that of the longest so far. */
export function createPreviewPace(now: () => number): PreviewPace {
  const started = now()
  let spent = 0
  let longest: number | null = null
  return {
    async offer(isLast, make) {
      const before = now()
      const isAffordable = longest === null || spent + longest <= PREVIEW_SHARE * (before - started)
      if (!isLast && !isAffordable) return
      await make()
      const took = now() - before
      spent += took
      longest = Math.max(longest ?? 0, took)
    }
  }
}
