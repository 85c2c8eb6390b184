/** Pictures of LoRAs and the like as URLs; each is fetched once. */
export interface ExtensionPictures {
  readonly of: (id: string) => Promise<string>
}

/** Pictures kept at hand. */
const KEPT = 500

/** `fetchPicture` gives an object URL, or one that holds the picture. */
export function createExtensionPictures(fetchPicture: (id: string) => Promise<string>): ExtensionPictures {
  const made = new Map<string, Promise<string>>()
  return {
    of(id) {
      const known = made.get(id)
      if (known !== undefined) return known
      const url = fetchPicture(id)
      made.set(id, url)
      // A picture that could not be had is asked for anew the next time.
      url.catch(() => made.delete(id))
      const [oldest] = made
      if (oldest !== undefined && made.size > KEPT) {
        made.delete(oldest[0])
        void oldest[1].then((old) => URL.revokeObjectURL(old)).catch(() => {})
      }
      return url
    }
  }
}
