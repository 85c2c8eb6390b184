/** The nearest whole number, of two equally near ones the even: the rounding of IEEE 754, numpy and torch. */
export function roundedToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below
}
