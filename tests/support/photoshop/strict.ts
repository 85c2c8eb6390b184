/** The code under test used something that the simulator, and so nobody, has thought about. */
export class SimUnsupported extends Error {
  constructor(what: string) {
    super(`The simulator knows no ${what}`)
    this.name = 'SimUnsupported'
  }
}

/** The same functions, which also note what nobody has thought about: whoever calls may take the error for one of Photoshop's. */
export function noting<T extends object>(faults: string[], functions: T): T {
  const noted = Object.entries(functions).map(
    ([name, call]: [string, (...given: unknown[]) => Promise<unknown>]) => [
      name,
      async (...given: unknown[]) => {
        try {
          return await call(...given)
        } catch (error) {
          if (error instanceof SimUnsupported) faults.push(error.message)
          throw error
        }
      }
    ]
  )
  return Object.fromEntries(noted) as T
}

/** What a promise check, a test's printer and the debugger ask of any object. */
const asked = new Set(['then', 'toJSON', 'asymmetricMatch', 'nodeType', '$$typeof', 'constructor'])

/** An object that throws when a member is read or written that it has not. */
export function strict<T extends object>(name: string, object: T): T {
  return new Proxy(object, {
    get(target, key, receiver) {
      if (typeof key === 'string' && !(key in target) && !asked.has(key))
        throw new SimUnsupported(`${name}.${key}`)
      return Reflect.get(target, key, receiver)
    },
    set(target, key, value) {
      // Only what has a setter takes a value; a plain field of the simulator's is read-only outside.
      const isAccessor = Object.getOwnPropertyDescriptor(target, key)?.get !== undefined
      if (isAccessor && Reflect.set(target, key, value, target)) return true
      throw new SimUnsupported(`writing of ${name}.${String(key)}`)
    }
  })
}

/** Throws unless `options` has the required keys and no others but the optional ones. */
export function onlyKeys(what: string, options: unknown, required: string[], optional: string[] = []): void {
  if (typeof options !== 'object' || options === null) throw new SimUnsupported(`${what} without options`)
  for (const key of Object.keys(options))
    if (!required.includes(key) && !optional.includes(key))
      throw new SimUnsupported(`option ${key} of ${what}`)
  for (const key of required) if (!(key in options)) throw new Error(`${what}: ${key} is missing`)
}
