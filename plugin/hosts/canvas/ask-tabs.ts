import type { Slots } from './document-slot.ts'

/** Milliseconds for which the other tabs may answer. */
const answerTime = 200

/** A tab asks by a name of its own, or is told that the slot is taken. */
type Word = { readonly asks: string } | { readonly refused: string }

/**
 * Holds a slot where the browser has no locks, as in a page that came from another computer without TLS: asks the other tabs
 * whether one of them has it. Of those that ask at the same time the least name gets it.
 */
export function holdByAsking(newId: () => string): Slots['hold'] {
  return (slot) => {
    const name = newId()
    const channel = new BroadcastChannel(`marquee-document-${slot}`)
    const say = (word: Word): void => channel.postMessage(word)
    return new Promise((answer) => {
      let isHeld = false
      const timer = setTimeout(() => {
        isHeld = true
        answer(true)
      }, answerTime)
      const leave = (): void => {
        clearTimeout(timer)
        channel.close()
        answer(false)
      }
      channel.onmessage = ({ data }: MessageEvent<Word>) => {
        if ('refused' in data) {
          if (data.refused === name) leave()
        } else if (isHeld || name < data.asks) say({ refused: data.asks })
        else leave()
      }
      say({ asks: name })
    })
  }
}
