import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Trial } from './trial.ts'

/** How tests ended, in a file that may be deleted: one that cannot be read or written only costs the tests again. */
export interface TrialCache {
  /** Undefined where there is none of that name and stamp, or one that failed too long ago to go by. */
  get(name: string, stamp: string): Promise<Trial | undefined>
  put(name: string, stamp: string, trial: Trial): Promise<void>
}

/** A test may have failed because the machine was busy. */
const failureLastsMs = 24 * 3_600_000

export function createTrialCache(folder: string, now: () => number): TrialCache {
  const fileOf = (name: string): string => path.join(folder, `device-${name}.json`)
  return {
    async get(name, stamp) {
      const kept: unknown = await readFile(fileOf(name), 'utf8')
        .then((text): unknown => JSON.parse(text))
        .catch(() => undefined)
      if (!isKept(kept) || kept.stamp !== stamp) return undefined
      return 'fault' in kept.trial && now() - kept.at > failureLastsMs ? undefined : kept.trial
    },
    async put(name, stamp, trial) {
      const file = fileOf(name)
      const kept: Kept = { stamp, at: now(), trial }
      try {
        await mkdir(folder, { recursive: true })
        await writeFile(`${file}.partial`, JSON.stringify(kept), { flush: true })
        await rename(`${file}.partial`, file)
      } catch {
        // The next start tests again.
      }
    }
  }
}

interface Kept {
  readonly stamp: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly trial: Trial
}

const isKept = (value: unknown): value is Kept =>
  isObject(value) && typeof value.stamp === 'string' && typeof value.at === 'number' && isTrial(value.trial)

const isTrial = (value: unknown): value is Trial =>
  isObject(value) && (typeof value.fault === 'string' || isResult(value.result))

const isResult = (value: unknown): boolean =>
  isObject(value) &&
  (value.attention === 'fused' || value.attention === 'plain') &&
  typeof value.speed === 'number' &&
  (value.halfFault === null || typeof value.halfFault === 'string')

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
