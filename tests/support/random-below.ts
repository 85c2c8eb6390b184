/** Whole numbers from 0 to below `below`, the same for the same seed (the generator of Numerical Recipes, modulo 2³²). */
export function randomBelow(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
