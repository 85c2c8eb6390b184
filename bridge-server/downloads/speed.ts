/** How fast something has been going lately. */
export interface Speed {
  /** `done`: how much there is now. It may shrink, when it begins anew. */
  saw(done: number): void
  /** Per second; null until it can be told. */
  perSecond(): number | null
}

/** Milliseconds that count as lately, and between two looks at least. */
const lately = 8000
const every = 200

export function createSpeed(now: () => number): Speed {
  let looks: { readonly time: number; readonly done: number }[] = []
  return {
    saw(done) {
      const time = now()
      const last = looks.at(-1)
      if (last !== undefined && done < last.done) looks = []
      else if (last !== undefined && time - last.time < every) return
      looks = [...looks.filter((look) => time - look.time < lately), { time, done }]
    },
    perSecond() {
      const [first] = looks
      const last = looks.at(-1)
      if (first === undefined || last === undefined || last.time - first.time < 1000) return null
      // While nothing comes, time goes on.
      return ((last.done - first.done) / (Math.max(last.time, now()) - first.time)) * 1000
    }
  }
}
