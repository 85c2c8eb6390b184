import type { JobEvent } from './job.ts'

/** Carries each event of a job to its client and to nobody else. */
export interface JobEvents {
  publish(client: string, event: JobEvent): void
  /** Calls back with every event of a client's jobs; returns the way to stop. */
  listen(client: string, listener: (event: JobEvent) => void): () => void
}

export function createJobEvents(): JobEvents {
  const listeners = new Map<string, Set<(event: JobEvent) => void>>()
  return {
    publish: (client, event) => {
      for (const listener of listeners.get(client) ?? []) listener(event)
    },
    listen: (client, listener) => {
      const all = listeners.get(client) ?? new Set()
      listeners.set(client, all.add(listener))
      return () => {
        all.delete(listener)
        if (all.size === 0 && listeners.get(client) === all) listeners.delete(client)
      }
    }
  }
}
