import type { DeviceReport, DeviceTrial } from '../../protocol/compute.ts'
import {
  acceleratorTarget,
  cpu,
  deviceUnavailable,
  type Device,
  type DeviceChoice,
  type PrecisionChoice
} from '../device.ts'
import type { Provider } from '../session-options.ts'
import { hasCudaLibrary, knownProviders } from '../session.ts'
import { driverStamp } from './driver-stamp.ts'
import type { TestResult } from './self-test.ts'
import { createTrialCache } from './trial-cache.ts'
import { tryAccelerator, trialLimitMs, type Trial } from './trial.ts'

type Accelerator = Exclude<Provider, 'cpu'>

/** What is looked at, the fastest kind first. */
export const accelerators: readonly Accelerator[] = ['cuda', 'dml', 'coreml', 'webgpu']

/** Those that this build of onnxruntime may open here; the CUDA provider comes as a file that someone puts beside it. */
export const candidates = (): readonly Accelerator[] =>
  accelerators.filter((name) => knownProviders().includes(name) && (name !== 'cuda' || hasCudaLibrary()))

export interface Wish {
  readonly device: DeviceChoice
  readonly precision: PrecisionChoice
}

export interface Chosen {
  readonly device: Device
  readonly report: DeviceReport
}

/** How an accelerator is tested: thoroughly where it is `wanted`, which takes longer on a slow one. */
export type Try = (provider: Accelerator, wanted: boolean) => Promise<Trial>

/** An accelerator must be so many times as fast as the CPU to be worth its memory and its rounding. */
const WORTH = 1.2

/**
 * The device that was asked for, or of all the first in `accelerators` that computes rightly and faster than the CPU; without any,
 * the CPU. Throws AppError 'device-unavailable' where what was asked for cannot be had, with the reason.
 */
export async function chooseDevice(
  wish: Wish,
  attempt: Try,
  offered: readonly Accelerator[] = candidates()
): Promise<Chosen> {
  const trials: DeviceTrial[] = []
  const chosen = (device: Device, precisionReason: string): Chosen => ({
    device,
    report: {
      // Whoever asks may know more than is to be told.
      asked: { device: wish.device, precision: wish.precision },
      device: device.provider,
      precision: device.half ? 'fp16' : 'fp32',
      precisionReason,
      trials
    }
  })
  if (wish.device !== 'auto' && wish.device !== 'cpu') {
    const trial = await attempt(wish.device, true)
    if ('fault' in trial) throw deviceUnavailable(wish.device, trial.fault)
    trials.push({ device: wish.device, verdict: 'used', reason: `asked for; ${inWords(trial.result)}` })
    const { half, reason } = precisionOn(wish.device, trial.result, wish.precision)
    return chosen(accelerator(wish.device, trial.result, half), reason)
  }
  if (wish.device === 'auto')
    for (const provider of offered) {
      const trial = await attempt(provider, false)
      if ('fault' in trial) {
        trials.push({ device: provider, verdict: 'failed', reason: trial.fault })
        continue
      }
      const words = inWords(trial.result)
      if (trial.result.speed < WORTH) {
        trials.push({ device: provider, verdict: 'slow', reason: words })
        continue
      }
      trials.push({ device: provider, verdict: 'used', reason: words })
      const { half, reason } = precisionOn(provider, trial.result, wish.precision)
      return chosen(accelerator(provider, trial.result, half), reason)
    }
  const none = offered.length === 0 ? 'there is no other device here' : 'no other device is right and faster'
  trials.push({ device: 'cpu', verdict: 'used', reason: wish.device === 'cpu' ? 'asked for' : none })
  return wish.precision === 'fp16'
    ? chosen({ ...cpu, half: true }, 'asked for; a CPU saves no time by it')
    : chosen(cpu, wish.precision === 'auto' ? 'a CPU saves no time in half precision' : 'asked for')
}

const accelerator = (provider: Accelerator, { attention }: TestResult, half: boolean): Device => ({
  provider,
  target: acceleratorTarget(attention),
  half
})

function precisionOn(
  provider: Accelerator,
  { halfFault }: TestResult,
  wish: PrecisionChoice
): { readonly half: boolean; readonly reason: string } {
  if (wish === 'fp32') return { half: false, reason: 'asked for' }
  if (halfFault === null)
    return { half: true, reason: wish === 'fp16' ? 'asked for' : 'the device computes rightly in it' }
  if (wish === 'fp16') throw deviceUnavailable(provider, `in half precision ${halfFault}`)
  return { half: false, reason: `no half precision: ${halfFault}` }
}

function inWords({ attention, speed }: TestResult): string {
  const times =
    speed >= 1 ? `${shown(speed)} times as fast as the CPU` : `${shown(1 / speed)} times slower than the CPU`
  return `computes rightly, ${times}, ${attention} attention`
}

const shown = (factor: number): string => factor.toFixed(factor < 10 ? 1 : 0)

interface TryOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where how tests ended is kept. */
  readonly cacheFolder: string
  /** Tests anew, whatever is kept. */
  readonly anew?: boolean
}

/** Tests that are made once for each onnxruntime, device and driver, and then remembered. */
export function createTry({ env, cacheFolder, anew = false }: TryOptions): Try {
  const cache = createTrialCache(cacheFolder, Date.now)
  const stamp = driverStamp(env)
  return async (provider, wanted) => {
    const name = wanted ? `${provider}-wanted` : provider
    const kept = anew ? undefined : await cache.get(name, stamp)
    if (kept !== undefined) return kept
    const limitMs = trialLimitMs[wanted ? 'wanted' : 'offered']
    const trial = await tryAccelerator(provider, { env, limitMs, wanted })
    await cache.put(name, stamp, trial)
    return trial
  }
}
