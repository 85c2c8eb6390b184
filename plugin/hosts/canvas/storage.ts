import { createStore, delMany, get, keys, setMany } from 'idb-keyval'

/** Values by key that outlive the page. Buffers are kept as they are. */
export interface Storage {
  readonly read: (key: string) => Promise<unknown>
  /** All of them, or none where that fails. */
  readonly write: (entries: readonly (readonly [key: string, value: unknown])[]) => Promise<void>
  readonly remove: (keys: readonly string[]) => Promise<void>
  readonly keys: () => Promise<readonly string[]>
}

/** The browser's own database, IndexedDB. */
export function browserStorage(): Storage {
  const store = createStore('marquee-canvas', 'documents')
  return {
    read: (key) => get<unknown>(key, store),
    write: (entries) =>
      setMany(
        entries.map(([key, value]) => [key, value]),
        store
      ),
    remove: (removed) => delMany([...removed], store),
    keys: () => keys<string>(store)
  }
}
