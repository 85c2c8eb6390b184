import type { Latents, Sampler } from '../sampler.ts'
import { combine, steps } from '../steps.ts'

type Terms = readonly (readonly [number, Latents])[]

/** A prediction and its noise level. */
interface Prediction {
  readonly denoised: Latents
  readonly sigma: number
}

/** What a step from `past[0]` to another noise level starts with. */
interface Start {
  readonly x: Latents
  /** Newest first, as many as the order uses. */
  readonly past: readonly Prediction[]
}

/** B(h) of the paper's section 3.1, as a function of −h. */
type Scale = (hh: number) => number

/**
 * UniPC, Zhao et al. 2023 (arXiv:2302.04867): a predictor, and a corrector that uses the prediction made at its end, in the
 * data-prediction form of diffusers' `UniPCMultistepScheduler`. Order 2 unless asked.
 */
const unipcWith =
  (scale: Scale): Sampler =>
  async (denoise, x, sigmas, options) => {
    const { order = 2 } = options
    const count = sigmas.length - 1
    let past: readonly Prediction[] = []
    let before: Start | undefined
    for await (const { index, sigma, next, denoised } of steps(denoise, () => x, sigmas, options)) {
      if (before !== undefined) x = corrected(before, { denoised, sigma }, scale)
      past = [{ denoised, sigma }, ...past].slice(0, order)
      before = { x, past: past.slice(0, count - index) }
      x = next === 0 ? denoised : predicted(before, next, scale)
    }
    return x
  }

export const unipc = unipcWith((hh) => hh)

export const unipcBh2 = unipcWith(Math.expm1)

function predicted({ x, past }: Start, next: number, scale: Scale): Latents {
  const { hh, ratios, targets } = system(past, next, scale)
  const weights = past.length === 2 ? [1 / 2] : solved(vandermonde(ratios), targets.slice(0, ratios.length))
  return combine(...firstOrder(x, past, next), ...differences(past, ratios, weights, -scale(hh)))
}

function corrected({ x, past }: Start, now: Prediction, scale: Scale): Latents {
  const { hh, ratios, targets } = system(past, now.sigma, scale)
  const weights = past.length === 1 ? [1 / 2] : solved(vandermonde([...ratios, 1]), targets)
  const factor = -scale(hh)
  const last = weights.at(-1)! * factor
  return combine(
    ...firstOrder(x, past, now.sigma),
    ...differences(past, ratios, weights, factor),
    [last, now.denoised],
    [-last, past[0]!.denoised]
  )
}

const firstOrder = (x: Latents, [newest]: readonly Prediction[], next: number): Terms => [
  [next / newest!.sigma, x],
  [1 - next / newest!.sigma, newest!.denoised]
]

/** Σ weight · (older − newest) / ratio. */
const differences = (
  [newest, ...older]: readonly Prediction[],
  ratios: readonly number[],
  weights: readonly number[],
  factor: number
): Terms =>
  older.flatMap(({ denoised }, i) => {
    const weight = (factor * weights[i]!) / ratios[i]!
    return [
      [weight, denoised],
      [-weight, newest!.denoised]
    ] as const
  })

/** Positions of the older predictions in units of the step in −ln σ, and the right sides of the order conditions. */
function system([newest, ...older]: readonly Prediction[], next: number, scale: Scale) {
  const h = Math.log(newest!.sigma / next)
  const hh = -h
  const ratios = older.map(({ sigma }) => Math.log(newest!.sigma / sigma) / h)
  const targets: number[] = []
  let phi = Math.expm1(hh) / hh - 1
  let factorial = 1
  for (let k = 1; k <= older.length + 1; k++) {
    targets.push((phi * factorial) / scale(hh))
    factorial *= k + 1
    phi = phi / hh - 1 / factorial
  }
  return { hh, ratios, targets }
}

const vandermonde = (nodes: readonly number[]): number[][] =>
  nodes.map((_, power) => nodes.map((node) => node ** power))

/** Gauss's elimination with pivoting, for the two or three unknowns of a solver's order. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!])
  for (let column = 0; column < rows.length; column++) {
    const below = rows.slice(column)
    const pivot = below.reduce((best, row) => (Math.abs(row[column]!) > Math.abs(best[column]!) ? row : best))
    rows.splice(rows.indexOf(pivot), 1)
    rows.splice(column, 0, pivot)
    for (const row of rows) {
      if (row === pivot) continue
      const factor = row[column]! / pivot[column]!
      pivot.forEach((value, k) => (row[k]! -= factor * value))
    }
  }
  return rows.map((row, i) => row.at(-1)! / row[i]!)
}
