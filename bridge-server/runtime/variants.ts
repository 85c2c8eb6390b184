import type { Runtime } from './part.ts'

/** Networks with extensions in them: the latest is kept, for the next job most likely wants it again. */
export interface Variants<T> {
  /** The network of that key, made where it is not the latest; the one before gives its memory back. */
  get(key: string, make: (runtime: Runtime) => T): Promise<T>
}

/** `kind` tells a model's several sets of variants apart. */
export function createVariants<T>(runtime: Runtime, kind: string): Variants<T> {
  const owner = `${runtime.owner}\n${kind}`
  let latest: { readonly key: string; readonly network: T } | null = null
  return {
    async get(key, make) {
      if (latest?.key === key) return latest.network
      latest = null
      await runtime.budget.release(owner)
      const network = make({ ...runtime, owner })
      latest = { key, network }
      return network
    }
  }
}
