import { fork } from 'node:child_process'
import path from 'node:path'
import type { Provider } from '../session-options.ts'
import { knownProviders } from '../session.ts'
import { driverEnv } from './driver-env.ts'
import type { TestResult } from './self-test.ts'

/** How the test of an accelerator ended: what it can do, or in words why it cannot be used. */
export type Trial = { readonly result: TestResult } | { readonly fault: string }

export interface TrialOptions {
  /** What the process of the test is given; drivers are found by it. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly limitMs: number
  /** Whether the device was asked for, and so everything is tested however slow it is. */
  readonly wanted?: boolean
  /** The module that the process runs; left out, the self-test. */
  readonly entry?: string
}

/** Long enough for a device that must translate every shader first on a busy machine; who asked for one waits longer. */
export const trialLimitMs = { offered: 60_000, wanted: 300_000 } as const

/** Tests an accelerator in a process of its own, which may crash or hang. */
export async function tryAccelerator(
  provider: Exclude<Provider, 'cpu'>,
  {
    env,
    limitMs,
    wanted = false,
    entry = path.join(import.meta.dirname, 'self-test-process.ts')
  }: TrialOptions
): Promise<Trial> {
  if (!knownProviders().includes(provider)) return { fault: 'this build of onnxruntime does not have it' }
  const child = fork(entry, wanted ? [provider, 'wanted'] : [provider], {
    execArgv: ['--import', typescriptLoader],
    // What drivers print is no business of the log: the fault is told in words.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: driverEnv(env)
  })
  let limit: NodeJS.Timeout | undefined
  try {
    return await new Promise<Trial>((resolve) => {
      limit = setTimeout(
        () => resolve({ fault: `its test was not over after ${Math.round(limitMs / 1000)} s` }),
        limitMs
      )
      child.on('message', (message) => {
        if (isTrial(message)) resolve(message)
      })
      child.on('error', (error) => resolve({ fault: `its test did not start: ${error.message}` }))
      child.on('exit', (code, signal) =>
        resolve({ fault: `its test ended with ${signal ?? `exit code ${String(code)}`}` })
      )
    })
  } finally {
    clearTimeout(limit)
    child.kill('SIGKILL')
  }
}

const typescriptLoader = new URL('../../typescript.mjs', import.meta.url).href

/** The other side is our own code, so only the kind is looked at. */
const isTrial = (message: unknown): message is Trial =>
  typeof message === 'object' && message !== null && ('result' in message || 'fault' in message)
