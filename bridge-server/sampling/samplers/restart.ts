import type { RestartPlan, Sampler, SamplerStep } from '../sampler.ts'
import { combine, steps } from '../steps.ts'
import { karras } from '../schedules/sigma-lists.ts'
import { heunStep } from './heun.ts'

/**
 * Restart sampling, Xu et al. 2023 (arXiv:2306.14878), algorithm 1, on Heun's steps: where the schedule reaches a low
 * noise level, noise up to a high one and come down again. Without a plan it restarts as the web UI does.
 */
export const restart: Sampler = async (denoise, x, sigmas, options) => {
  const { list, plan } =
    options.restart === undefined ? usual(sigmas) : { list: sigmas, plan: options.restart }
  let index = 0
  const counted = { ...options, onStep: (step: SamplerStep) => options.onStep?.({ ...step, index: index++ }) }
  let sigma: number | undefined
  for (const leg of legsOf(list, plan)) {
    const [top = 0] = leg
    if (sigma !== undefined && top > sigma)
      x = combine([1, x], [(options.noiseScale ?? 1) * Math.sqrt(top ** 2 - sigma ** 2), options.noise()])
    for await (const step of steps(denoise, () => x, leg, counted)) x = await heunStep(step)
    sigma = leg.at(-1)
  }
  return x
}

/** The schedule cut where it restarts, with the way down again in between. */
function legsOf(sigmas: readonly number[], plan: RestartPlan | undefined): readonly (readonly number[])[] {
  if (plan === undefined) return [sigmas]
  const low = nearest(sigmas, plan.low)
  const high = nearest(sigmas, plan.high)
  if (high >= low) return [sigmas]
  const [bottom, top] = [sigmas[low]!, sigmas[high]!]
  const again = [top, ...karras(plan.steps, { sigmaMin: bottom, sigmaMax: top }).slice(1, -2), bottom]
  const repeats = Array.from({ length: plan.times }, () => again)
  return [sigmas.slice(0, low + 1), ...repeats, sigmas.slice(low)]
}

/** From 20 steps on the web UI spends 9 of them, or from 36 on a half, on restarts, and the others on a Karras list. */
function usual(sigmas: readonly number[]): { list: readonly number[]; plan?: RestartPlan } {
  const count = sigmas.length - 1
  if (count < 20) return { list: sigmas }
  const [spent, times] = count < 36 ? [9, 1] : [Math.floor(count / 4), 2]
  const list = karras(count - spent * times, { sigmaMin: sigmas.at(-2)!, sigmaMax: sigmas[0]! })
  return { list, plan: { low: 0.1, high: 2, steps: spent + 1, times } }
}

function nearest(sigmas: readonly number[], wanted: number): number {
  const distances = sigmas.map((sigma) => Math.abs(sigma - wanted))
  return distances.indexOf(Math.min(...distances))
}
