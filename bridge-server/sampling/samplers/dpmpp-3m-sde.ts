import type { Latents, Sampler } from '../sampler.ts'
import { combine, steps } from '../steps.ts'
import { brownianOf } from './dpmpp-sde.ts'

interface Past {
  readonly denoised: Latents
  /** The step in −ln σ that led from there. */
  readonly h: number
}

/** DPM-Solver++(3M) as an SDE: k-diffusion's `sample_dpmpp_3m_sde`. */
export const dpmpp3mSde: Sampler = async (denoise, x, sigmas, options) => {
  const { eta = 1, noiseScale = 1 } = options
  const noise = brownianOf(options)
  let past: readonly Past[] = []
  for await (const { sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
    if (next === 0) {
      x = denoised
      continue
    }
    const h = Math.log(sigma / next)
    const hEta = h * (1 + eta)
    x = combine([Math.exp(-hEta), x], [-Math.expm1(-hEta), denoised], ...corrections(denoised, h, hEta, past))
    if (eta > 0)
      x = combine([1, x], [noiseScale * next * Math.sqrt(-Math.expm1(-2 * h * eta)), noise(sigma, next)])
    past = [{ denoised, h }, ...past.slice(0, 1)]
  }
  return x
}

/** What the change of the predictions adds: their first and, from the third step on, second difference. */
function corrections(
  denoised: Latents,
  h: number,
  hEta: number,
  [last, earlier]: readonly Past[]
): (readonly [number, Latents])[] {
  if (last === undefined) return []
  const phi2 = Math.expm1(-hEta) / hEta + 1
  const r0 = last.h / h
  const first = combine([1 / r0, denoised], [-1 / r0, last.denoised])
  if (earlier === undefined) return [[phi2, first]]
  const phi3 = phi2 / hEta - 1 / 2
  const r1 = earlier.h / h
  const second = combine([1 / r1, last.denoised], [-1 / r1, earlier.denoised])
  const [a, b] = [r0 / (r0 + r1), 1 / (r0 + r1)]
  return [
    [phi2 * (1 + a) - phi3 * b, first],
    [phi3 * b - phi2 * a, second]
  ]
}
