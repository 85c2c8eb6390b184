import type { JobEvent } from './job.ts'

/** Carries each event of a job to its client, and to the server's own books. */
export interface JobEvents {
  publish(client: string, event: JobEvent): void
  /** Calls back with every event of a client's jobs; returns the way to stop. */
  listen(client: string, listener: (event: JobEvent) => void): () => void
  /** Calls back with every event of everybody's jobs: for logs and figures. */
  watch(watcher: (event: JobEvent, client: string) => void): void
}

export function createJobEvents(): JobEvents {
  const listeners = new Map<string, Set<(event: JobEvent) => void>>()
  const watchers: ((event: JobEvent, client: string) => void)[] = []
  return {
    publish: (client, event) => {
      for (const listener of listeners.get(client) ?? []) listener(event)
      for (const watcher of watchers) watcher(event, client)
    },
    watch: (watcher) => {
      watchers.push(watcher)
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
