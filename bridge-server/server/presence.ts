/** Who is connected: open sockets by the token that they came with. */
export interface Presence {
  count(holder: string): number
  /** Returns the way to leave. */
  enter(holder: string): () => void
}

export function createPresence(): Presence {
  const counts = new Map<string, number>()
  const change = (holder: string, by: number): void => {
    const count = (counts.get(holder) ?? 0) + by
    if (count > 0) counts.set(holder, count)
    else counts.delete(holder)
  }
  return {
    count: (holder) => counts.get(holder) ?? 0,
    enter: (holder) => {
      change(holder, 1)
      return () => change(holder, -1)
    }
  }
}
