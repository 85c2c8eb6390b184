/** The largest absolute difference; Infinity where the lengths differ or something is not a number. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity
  let largest = 0
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!)
    if (Number.isNaN(difference)) return Infinity
    largest = Math.max(largest, difference)
  }
  return largest
}

/** The largest difference relative to the expected value; exact zeros must be matched exactly. */
export function largestRelativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity
  let largest = 0
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!)
    if (Number.isNaN(difference)) return Infinity
    if (difference > 0) largest = Math.max(largest, difference / Math.abs(expected[i]!))
  }
  return largest
}
