/** The part of localStorage the panel uses. */
export interface TextStorage {
  readonly getItem: (key: string) => string | null
  readonly setItem: (key: string, value: string) => void
}

const TOKEN = 'marquee.token'
const CLIENT = 'marquee.client'

/**
 * The token of the link that `npm start` prints (`#token=…`), kept for the next time; without one in the link, the one kept.
 * The caller takes the fragment out of the address, so that nobody shares it by copying the link.
 */
export function takeToken(fragment: string, storage: TextStorage): string {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('token')
  if (token === null) return storage.getItem(TOKEN) ?? ''
  storage.setItem(TOKEN, token)
  return token
}

/** Who this panel is, the same after a reload: only it sees the events of its jobs. */
export function keptClientId(storage: TextStorage, newId: () => string): string {
  const kept = storage.getItem(CLIENT)
  if (kept !== null && /^[A-Za-z0-9_-]{8,64}$/.test(kept)) return kept
  const id = newId()
  storage.setItem(CLIENT, id)
  return id
}
