import { AppError } from '../errors.ts'
import type { Target } from '../graph/graph.ts'
import type { Provider } from './session-options.ts'

export type DeviceChoice = 'auto' | Provider
export type PrecisionChoice = 'auto' | 'fp32' | 'fp16'

/** A place to compute at that has passed its test. */
export interface Device {
  readonly provider: Provider
  readonly target: Target
  /** Whether the networks that can compute in half precision. */
  readonly half: boolean
}

export const cpu: Device = {
  provider: 'cpu',
  target: { attention: 'fused', gathersHalf: true, channelMultiple: 1 },
  half: false
}

/** What graphs for an accelerator must look like; which attention, its test has shown. */
export const acceleratorTarget = (attention: Target['attention']): Target => ({
  attention,
  gathersHalf: false,
  channelMultiple: 4
})

export const deviceUnavailable = (provider: Provider, reason: string): AppError =>
  new AppError('device-unavailable', {
    message: `The device ${provider} cannot be used here: ${reason}.`,
    hint: 'Start with --device auto, which takes the best that works, or install the driver of the GPU.'
  })
