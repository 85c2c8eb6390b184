export type JsonRecord = Readonly<Record<string, unknown>>

/** An object in a text of a picture's file, from anyone; null where there is none. */
export function recordIn(text: string): JsonRecord | null {
  try {
    const found: unknown = JSON.parse(text)
    return typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found } : null
  } catch {
    return null
  }
}

export const numberOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null
