import { roundedToEven } from '../../tensor/rounding.ts'

/** How diffusers lays `count` timesteps over training: table 2 of Lin et al. 2023 (arXiv:2305.08891). */
export type Spacing = 'linspace' | 'leading' | 'trailing'

interface Training {
  /** Training steps of the model, 1000. */
  readonly length: number
  /** Added to every timestep of `leading`. */
  readonly offset: number
}

/** The falling timesteps of diffusers' DDIM and its kin; fractional for `linspace`, which Euler leaves so. */
export function spaced(spacing: Spacing, count: number, { length, offset }: Training): number[] {
  switch (spacing) {
    case 'linspace':
      return Array.from({ length: count }, (_, i) =>
        count === 1 ? 0 : ((count - 1 - i) * (length - 1)) / (count - 1)
      )
    case 'leading': {
      const stride = Math.floor(length / count)
      return Array.from({ length: count }, (_, i) => (count - 1 - i) * stride + offset)
    }
    case 'trailing':
      return Array.from({ length: count }, (_, i) => roundedToEven(length - (i * length) / count) - 1)
  }
}

/** The same for its DPM solvers, which lay out one more and leave out the last. */
export const spacedForSolvers = (spacing: Spacing, count: number, training: Training): number[] =>
  spacing === 'trailing'
    ? spaced(spacing, count, training)
    : spaced(spacing, count + 1, training).slice(0, -1)

/** Luo et al. 2023 (arXiv:2310.04378): `count` of the `original` timesteps that a consistency model was distilled at. */
export function distilled(count: number, original: number, length: number): number[] {
  const stride = Math.floor(length / original)
  return Array.from({ length: count }, (_, i) => (original - Math.floor((i * original) / count)) * stride - 1)
}
