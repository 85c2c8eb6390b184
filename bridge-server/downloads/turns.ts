/** Does what is asked under one name in the order of asking, each once the one before has settled; other names do not wait. */
export type InTurn = <T>(name: string, act: () => Promise<T>) => Promise<T>

export function createTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>()
  return (name, act) => {
    const done = (last.get(name) ?? Promise.resolve()).then(act)
    const settled = done.then(
      () => undefined,
      () => undefined
    )
    last.set(name, settled)
    void settled.then(() => {
      if (last.get(name) === settled) last.delete(name)
    })
    return done
  }
}
