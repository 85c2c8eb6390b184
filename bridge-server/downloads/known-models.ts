/** Milliseconds for which a look into all folders is good enough. */
const goodFor = 15_000

/** Ids of models by their sha256, looked up again once in a while: whoever watches a download asks every second. */
export function rememberKnown(
  models: () => Promise<readonly { readonly id: string; readonly sha256: string | null }[]>,
  now: () => number = Date.now
): () => Promise<ReadonlyMap<string, string>> {
  let known: Promise<ReadonlyMap<string, string>> | null = null
  let looked = 0
  return () => {
    if (known !== null && now() - looked < goodFor) return known
    looked = now()
    known = models().then(
      (all) => new Map(all.flatMap(({ id, sha256 }) => (sha256 === null ? [] : [[sha256, id] as const])))
    )
    return known
  }
}
