import type { Provider } from '../session-options.ts'
import { reasonOf, selfTest, type TestResult } from './self-test.ts'

// A process for one test of one accelerator: what a driver does to it, it does to nothing else.

/** What the process tells before it ends. */
export type TestReport = { readonly result: TestResult } | { readonly fault: string }

const accelerators: readonly Exclude<Provider, 'cpu'>[] = ['cuda', 'dml', 'coreml', 'webgpu']
const provider = accelerators.find((name) => name === process.argv[2])

async function report(): Promise<TestReport> {
  if (provider === undefined) return { fault: `there is no device ${String(process.argv[2])}` }
  try {
    return { result: await selfTest(provider, process.argv[3] === 'wanted') }
  } catch (error) {
    return { fault: reasonOf(error) }
  }
}

// Drivers may keep threads that would hold the process.
process.send?.(await report(), () => process.exit())
