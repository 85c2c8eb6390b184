import { describe, expect, it } from 'vitest'
import { claimSlot, type Slots } from '../../../../plugin/hosts/canvas/document-slot.ts'

/** Tabs of one browser; `held` are the slots of those that are open. */
function browser(held: readonly string[], stored: readonly string[]): (remembered: string | null) => Slots {
  const taken = new Set(held)
  let made = 0
  return (remembered) => ({
    remembered,
    stored,
    newId: () => `new-${++made}`,
    hold: (slot) => {
      const isFree = !taken.has(slot)
      taken.add(slot)
      return Promise.resolve(isFree)
    }
  })
}

describe('the slot of a tab', () => {
  it('is a new one for the first visit, and there is nothing to begin with', async () => {
    expect(await claimSlot(browser([], [])(null))).toEqual({ own: 'new-1', source: null })
  })

  it('is its own again after a reload, whatever other tabs saved later', async () => {
    expect(await claimSlot(browser(['b'], ['b', 'a'])('a'))).toEqual({ own: 'a', source: 'a' })
  })

  it('is what a closed tab left last, in a tab that is opened later', async () => {
    expect(await claimSlot(browser([], ['b', 'a'])(null))).toEqual({ own: 'b', source: 'b' })
    expect(await claimSlot(browser(['b'], ['b', 'a'])(null))).toEqual({ own: 'a', source: 'a' })
  })

  it('is a new one with a copy where other tabs are open, and for a duplicated tab', async () => {
    expect(await claimSlot(browser(['b', 'a'], ['b', 'a'])(null))).toEqual({ own: 'new-1', source: 'b' })
    expect(await claimSlot(browser(['b', 'a'], ['b', 'a'])('a'))).toEqual({ own: 'new-1', source: 'a' })
  })

  it('is never given to two tabs', async () => {
    const tab = browser([], ['b', 'a'])
    const owners = []
    for (let i = 0; i < 5; i++) owners.push((await claimSlot(tab(null))).own)
    expect(new Set(owners).size).toBe(5)
  })
})
