import type { Denoise, Latents, Sampler, SamplerOptions } from '../sampler.ts'
import { cancellable, combine } from '../steps.ts'
import { ancestralStep } from './ancestral.ts'
import { slopeOf } from './heun.ts'

/** Predicts the noise at time t = −ln σ. */
type Noise = (x: Latents, t: number) => Promise<Latents>

/** A step in t from x, whose noise is known already. */
interface Interval {
  readonly x: Latents
  readonly noise: Latents
  readonly from: number
  readonly to: number
}

const sigmaAt = (t: number): number => Math.exp(-t)
const timeOf = (sigma: number): number => -Math.log(sigma)

/**
 * DPM-Solver-fast, Lu et al. 2022 (arXiv:2206.00927), algorithm 3 with as many calls as there are positive sigmas. Only their
 * ends count; it stops at the smallest. As in k-diffusion noise is drawn in every step, also where η = 0 leaves it unused.
 */
export const dpmFast: Sampler = async (denoise, x, sigmas, options) => {
  const { eta = 0 } = options
  const { start, end, calls } = rangeOf(sigmas)
  const predict = noiseOf(cancellable(denoise, options.signal))
  const orders = ordersFor(calls)
  const times = orders.map((_, i) => start + ((end - start) * i) / orders.length)
  for (const [index, order] of orders.entries()) {
    const from = times[index]!
    const next = times[index + 1] ?? end
    const { to, up } = splitStep(from, next, end, eta)
    const noise = await predict(x, from)
    told(options, index, { x, noise, from })
    const interval = { x, noise, from, to }
    if (order === 1) x = firstOrder(interval)
    else if (order === 2) x = (await secondOrder(predict, interval)).x
    else x = await thirdOrder(predict, interval)
    x = combine([1, x], [up * (options.noiseScale ?? 1), options.noise()])
  }
  return x
}

/** DPM-Solver-12 and -23 of the same paper, appendix C: the step follows the error. Only the ends of `sigmas` count. */
export const dpmAdaptive: Sampler = async (denoise, x, sigmas, options) => {
  const { eta = 0, order = 3, tolerance = { relative: 0.05, absolute: 0.0078 } } = options
  const { start, end } = rangeOf(sigmas)
  const predict = noiseOf(cancellable(denoise, options.signal))
  const control = stepControl(eta > 0 ? 1.5 : order)
  let previous = x
  let from = start
  for (let index = 0; from < end - 1e-5; index++) {
    const next = Math.min(end, from + control.step())
    const { to, up } = splitStep(from, next, end, eta)
    const interval = { x, noise: await predict(x, from), from, to }
    told(options, index, interval)
    const { low, high } = await (order === 2 ? pair12 : pair23)(predict, interval)
    if (!control.accepts(errorOf(low, high, previous, tolerance))) continue
    previous = low
    x = combine([1, high], [up * (options.noiseScale ?? 1), options.noise()])
    from = next
  }
  return x
}

async function pair12(predict: Noise, interval: Interval): Promise<{ low: Latents; high: Latents }> {
  return { low: firstOrder(interval), high: (await secondOrder(predict, interval)).x }
}

async function pair23(predict: Noise, interval: Interval): Promise<{ low: Latents; high: Latents }> {
  const { x, inner } = await secondOrder(predict, interval, 1 / 3)
  return { low: x, high: await thirdOrder(predict, interval, inner) }
}

/** Threes as far as the calls go, with a two and a one, or what is left, at the end. */
function ordersFor(calls: number): number[] {
  const threes = (count: number): number[] => Array.from({ length: count }, () => 3)
  const whole = Math.floor(calls / 3)
  return calls % 3 === 0 ? [...threes(whole - 1), 2, 1] : [...threes(whole), calls % 3]
}

function firstOrder({ x, noise, from, to }: Interval): Latents {
  return combine([1, x], [-sigmaAt(to) * Math.expm1(to - from), noise])
}

/** Equation 4.1; also gives the noise at the inner time, which a third-order step can use again. */
async function secondOrder(
  predict: Noise,
  { x, noise, from, to }: Interval,
  ratio = 1 / 2
): Promise<{ x: Latents; inner: Latents }> {
  const h = to - from
  const middle = from + ratio * h
  const inner = await predict(firstOrder({ x, noise, from, to: middle }), middle)
  const whole = -sigmaAt(to) * Math.expm1(h)
  const change = whole / (2 * ratio)
  return { x: combine([1, x], [whole - change, noise], [change, inner]), inner }
}

/** Algorithm 2 with inner times at a third and two thirds. */
async function thirdOrder(predict: Noise, interval: Interval, known?: Latents): Promise<Latents> {
  const { x, noise, from, to } = interval
  const h = to - from
  const [r1, r2] = [1 / 3, 2 / 3]
  const [s1, s2] = [from + r1 * h, from + r2 * h]
  const inner1 = known ?? (await predict(firstOrder({ ...interval, to: s1 }), s1))
  const change = sigmaAt(s2) * (r2 / r1) * (Math.expm1(r2 * h) / (r2 * h) - 1)
  const u2 = combine([1, x], [-sigmaAt(s2) * Math.expm1(r2 * h) + change, noise], [-change, inner1])
  const inner2 = await predict(u2, s2)
  const last = (sigmaAt(to) / r2) * (Math.expm1(h) / h - 1)
  return combine([1, x], [-sigmaAt(to) * Math.expm1(h) + last, noise], [-last, inner2])
}

const noiseOf =
  (model: Denoise): Noise =>
  async (x, t) =>
    slopeOf(x, await model(x, sigmaAt(t)), sigmaAt(t))

/** An ancestral step in t that never passes the end. */
function splitStep(from: number, next: number, end: number, eta: number): { to: number; up: number } {
  if (eta === 0) return { to: next, up: 0 }
  const to = Math.min(end, timeOf(ancestralStep(sigmaAt(from), sigmaAt(next), eta).down))
  return { to, up: Math.sqrt(sigmaAt(next) ** 2 - sigmaAt(to) ** 2) }
}

function rangeOf(sigmas: readonly number[]): { start: number; end: number; calls: number } {
  const positive = sigmas.filter((sigma) => sigma > 0)
  return { start: timeOf(positive[0]!), end: timeOf(positive.at(-1)!), calls: positive.length }
}

function told({ onStep }: SamplerOptions, index: number, { x, noise, from }: Omit<Interval, 'to'>): void {
  const sigma = sigmaAt(from)
  onStep?.({ index, sigma, denoised: combine([1, x], [-sigma, noise]) })
}

/** Root mean square of the error in units of what is allowed. */
function errorOf(
  low: Latents,
  high: Latents,
  previous: Latents,
  { relative, absolute }: NonNullable<SamplerOptions['tolerance']>
): number {
  const squares = low.reduce((sum, value, i) => {
    const allowed = Math.max(absolute, relative * Math.max(Math.abs(value), Math.abs(previous[i]!)))
    return sum + ((value - high[i]!) / allowed) ** 2
  }, 0)
  return Math.sqrt(squares / low.length)
}

/** k-diffusion's `PIDStepSizeController` with its integral part alone. */
function stepControl(order: number) {
  let step = 0.05
  return {
    step: (): number => step,
    accepts(error: number): boolean {
      const factor = 1 + Math.atan((error + 1e-8) ** (-1 / order) - 1)
      step *= factor
      return factor >= 0.81
    }
  }
}
