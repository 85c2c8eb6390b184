/** How an ancestral step splits: go down to `down` without noise, then add noise of deviation `up`, to arrive at `next`. */
export function ancestralStep(sigma: number, next: number, eta: number): { down: number; up: number } {
  if (eta === 0) return { down: next, up: 0 }
  const up = Math.min(next, eta * Math.sqrt((next ** 2 * (sigma ** 2 - next ** 2)) / sigma ** 2))
  return { down: Math.sqrt(next ** 2 - up ** 2), up }
}
