/** Longest text of one message between an editor's script and the panel's page: short ones keep both responsive. */
export const MAX_TEXT = 64 * 1024

/** A part of a message's JSON. */
export interface Frame {
  readonly frame: number
  readonly of: number
  readonly text: string
}

/** A message as what may be posted, in order. What JSON cannot say (pixels, undefined in lists) must not be in it. */
export function framesOf(message: object): readonly Frame[] {
  const text = JSON.stringify(message)
  const of = Math.max(1, Math.ceil(text.length / MAX_TEXT))
  return Array.from({ length: of }, (_, frame) => ({
    frame,
    of,
    text: text.slice(frame * MAX_TEXT, (frame + 1) * MAX_TEXT)
  }))
}

/** Puts frames together again; gives the message with its last frame, and null before. A message cut short is dropped. */
export function createJoiner(): (frame: unknown) => unknown {
  let parts: string[] = []
  return (given) => {
    if (!isFrame(given)) return null
    if (given.frame === 0) parts = []
    if (given.frame !== parts.length) return null
    parts.push(given.text)
    if (parts.length < given.of) return null
    const text = parts.join('')
    parts = []
    return parsed(text)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isFrame(value: unknown): value is Frame {
  if (typeof value !== 'object' || value === null) return false
  const [frame, of, text] = ['frame', 'of', 'text'].map((key): unknown => Reflect.get(value, key))
  return Number.isInteger(frame) && Number.isInteger(of) && typeof text === 'string'
}
