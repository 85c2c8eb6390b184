import type { Latents } from '../sampler.ts'

/** Adams and Bashforth's weights on even steps by order, the newest slope first. */
const ADAMS_BASHFORTH = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24]
] as const

/** The terms that advance by `step` with the slopes so far, newest first; as many as there are sets the order. */
export const adamsBashforth = (slopes: readonly Latents[], step: number): (readonly [number, Latents])[] =>
  slopes.map((slope, i) => [step * ADAMS_BASHFORTH[slopes.length - 1]![i]!, slope])
