/** Where tabs find and keep their places in the browser's storage. */
export interface Slots {
  /** The slot this tab had before it was reloaded, or null. */
  readonly remembered: string | null
  /** Slots that hold a document, the one saved last first. */
  readonly stored: readonly string[]
  /** Takes a slot for as long as the tab lives, waiting up to `patience` ms; false where another tab has it. */
  readonly hold: (slot: string, patience: number) => Promise<boolean>
  readonly newId: () => string
}

interface Claim {
  /** Where this tab keeps its document; no other open tab has it. */
  readonly own: string
  /** Where the document to begin with lies, or null. */
  readonly source: string | null
}

/** A page that is reloaded lets go of its slot a moment after the new page has begun. */
const reloadPatience = 1000

/**
 * Gives each tab a slot of its own, so that two tabs never write over each other's document: a reloaded tab its own
 * again, a new one what a closed tab left last, and where other tabs have all of them, a copy.
 */
export async function claimSlot({ remembered, stored, hold, newId }: Slots): Promise<Claim> {
  if (remembered !== null && (await hold(remembered, reloadPatience)))
    return { own: remembered, source: remembered }
  // A duplicated tab remembers the slot of its twin, and begins with a copy.
  if (remembered === null)
    for (const slot of stored) if (await hold(slot, 0)) return { own: slot, source: slot }
  const own = newId()
  await hold(own, 0)
  return { own, source: remembered ?? stored[0] ?? null }
}

/** Holds a slot by a lock that the browser ends with the tab, however the tab ends. */
export const holdByLock: Slots['hold'] = (slot, patience) =>
  new Promise((answer) => {
    const options = patience === 0 ? { ifAvailable: true } : { signal: AbortSignal.timeout(patience) }
    navigator.locks
      .request(`marquee-document-${slot}`, options, (lock) => {
        answer(lock !== null)
        return lock === null ? null : new Promise(() => undefined)
      })
      .catch(() => answer(false))
  })
