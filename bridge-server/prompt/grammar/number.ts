const decimal = /^[-+]?(?:\d+\.?\d*|\.\d+)$/

/** A weight as people write it: 1, 1.2, .5, 2., -1. Null for anything else, such as 1.2.3, 1,5 or nothing. */
export const parseWeight = (text: string): number | null => (decimal.test(text) ? Number(text) : null)

const stepNumber = /^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*$/

/** The `when` of prompt editing as it is written, without whitespace; null where it is no number. */
export const parseWhen = (text: string): string | null => stepNumber.exec(text)?.[1] ?? null
