import type { Size } from '#protocol/geometry.ts'

export const MAX_SEED = 4294967295

/** A field of something that may be no object. */
export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

export const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

export const within = (value: unknown, low: number, high: number): number | null =>
  typeof value === 'number' && value >= low && value <= high ? value : null

export const whole = (value: unknown, low: number, high: number): number | null =>
  Number.isInteger(value) ? within(value, low, high) : null

/** A size whose sides are whole and between `low` and `high`. */
export function sizeWithin(value: unknown, low: number, high: number): Size | null {
  const width = whole(fieldOf(value, 'width'), low, high)
  const height = whole(fieldOf(value, 'height'), low, high)
  return width === null || height === null ? null : { width, height }
}
