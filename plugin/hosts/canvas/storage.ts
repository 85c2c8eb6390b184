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

/** The values whose keys begin with `folder/`, as a storage of their own. */
export function storageIn(storage: Storage, folder: string): Storage {
  const start = `${folder}/`
  const within = (key: string): string => start + key
  return {
    read: (key) => storage.read(within(key)),
    write: (entries) => storage.write(entries.map(([key, value]) => [within(key), value])),
    remove: (keys) => storage.remove(keys.map(within)),
    keys: async () =>
      (await storage.keys()).filter((key) => key.startsWith(start)).map((key) => key.slice(start.length))
  }
}

/** The folders of a storage. */
export const foldersOf = async (storage: Storage): Promise<readonly string[]> => [
  ...new Set((await storage.keys()).flatMap((key) => (key.includes('/') ? [key.split('/')[0]!] : [])))
]
