import type { Denoise } from '../../../bridge-server/sampling/sampler.ts'

/** A mixture of isotropic Gaussians as data; its ideal denoiser is known in closed form. */
export interface Mixture {
  readonly means: readonly (readonly number[])[]
  readonly scales: readonly number[]
  readonly weights: readonly number[]
}

/** The exact posterior mean E[x0 | x0 + σn = x], as the golden runs use it. */
export function denoiserOfMixture({ means, scales, weights }: Mixture): Denoise {
  return (x, sigma) => {
    const parts = means.map((mean, k) => {
      const variance = scales[k]! ** 2
      const total = variance + sigma ** 2
      const distance = x.reduce((sum, value, i) => sum + (value - mean[i]!) ** 2, 0)
      const logit = Math.log(weights[k]!) - (x.length / 2) * Math.log(total) - distance / (2 * total)
      return { mean, shrink: variance / total, logit }
    })
    const top = Math.max(...parts.map(({ logit }) => logit))
    const shares = parts.map(({ logit }) => Math.exp(logit - top))
    const whole = shares.reduce((sum, share) => sum + share, 0)
    return Promise.resolve(
      x.map((value, i) =>
        parts.reduce(
          (sum, { mean, shrink }, k) => sum + (shares[k]! / whole) * (mean[i]! + shrink * (value - mean[i]!)),
          0
        )
      )
    )
  }
}
