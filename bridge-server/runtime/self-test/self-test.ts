import type { BuiltGraph, Target } from '../../graph/graph.ts'
import { acceleratorTarget, cpu } from '../device.ts'
import { inHalf } from '../half-precision.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { unetPrecision } from '../precision.ts'
import type { Provider } from '../session-options.ts'
import { openSession } from '../session.ts'
import { openSampleNetwork, type SampleNetwork } from './sample-network.ts'

/** What an accelerator showed of itself. */
export interface TestResult {
  readonly attention: Target['attention']
  /** How many times as fast as the CPU, in the precision that it is best at. */
  readonly speed: number
  /** Null: it computes rightly in half precision; or why not, in words. */
  readonly halfFault: string | null
}

/** Devices may round products to 11 bits (TF32); a broken kernel is off by percents. Relative to the largest number. */
const FULL_TOLERANCE = 5e-3
/** Every operation may round to 11 bits. */
const HALF_TOLERANCE = 3e-2
/** Sides of the pictures, in latents: one to see whether the numbers are right, one to see how fast they come. */
const SMALL = 8
const LARGE = 32
/** So many times slower with the small picture, where what a GPU takes to begin weighs most, it is no GPU. */
const HOPELESS = 15
const RUNS = 3

/**
 * Runs the sample network on an accelerator and on the CPU; half precision on a hopelessly slow one only where it is `wanted` all
 * the same. Throws what onnxruntime throws, and an Error that says in words what is wrong with the numbers. A provider may also abort
 * the process, or never come back.
 */
export async function selfTest(provider: Exclude<Provider, 'cpu'>, wanted: boolean): Promise<TestResult> {
  const sample = openSampleNetwork()
  try {
    const reference = await measure(sample, 'cpu', sample.graph(cpu.target))
    const on = (graph: BuiltGraph): Promise<Measured> => measure(sample, provider, graph, reference)
    const plainGraph = sample.graph(acceleratorTarget('plain'))
    const plain = await on(plainGraph)
    const fault = faultOf(plain, reference, FULL_TOLERANCE)
    if (fault !== null) throw new Error(fault)
    const isHopeless = plain.large === Infinity
    if (isHopeless && !wanted)
      return { attention: 'plain', speed: speedOf(plain, reference), halfFault: 'too slow for a test of it' }

    const fusedGraph = sample.graph(acceleratorTarget('fused'))
    // The fused operator is silently wrong on GPUs with small subgroups.
    const fused = isHopeless ? null : await on(fusedGraph).catch(() => null)
    const fuses =
      fused !== null && faultOf(fused, reference, FULL_TOLERANCE) === null && fused.large < 1.1 * plain.large
    const full = fuses ? fused : plain
    const half = await on(inHalf(fuses ? fusedGraph : plainGraph, unetPrecision(false))).catch(reasonOf)
    const halfFault = typeof half === 'string' ? half : faultOf(half, reference, HALF_TOLERANCE)
    const halfSpeed = typeof half === 'string' || halfFault !== null ? 0 : speedOf(half, reference)
    return {
      attention: fuses ? 'fused' : 'plain',
      speed: Math.max(speedOf(full, reference), halfSpeed),
      halfFault
    }
  } finally {
    sample.close()
  }
}

interface Measured {
  /** Of the small picture. */
  readonly outputs: ReadonlyMap<string, Tensor>
  /** Seconds for the small picture and for the large one; Infinity: not worth waiting for. */
  readonly small: number
  readonly large: number
}

/** By the small picture where the large one was not worth waiting for. */
const speedOf = ({ small, large }: Measured, reference: Measured): number =>
  large === Infinity ? reference.small / small : reference.large / large

async function measure(
  { feeds }: SampleNetwork,
  provider: Provider,
  graph: BuiltGraph,
  reference?: Measured
): Promise<Measured> {
  const session = await openSession(graph, { provider, mode: 'turbo' })
  try {
    // The first run of a size prepares it.
    const outputs = await session.run(feeds(SMALL))
    const [small] = await timed(() => session.run(feeds(SMALL)))
    if (reference !== undefined && small > HOPELESS * reference.small)
      return { outputs, small, large: Infinity }
    await session.run(feeds(LARGE))
    const large = []
    for (let i = 0; i < RUNS; i++) large.push((await timed(() => session.run(feeds(LARGE))))[0])
    return { outputs, small, large: Math.min(...large) }
  } finally {
    await session.release()
  }
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [seconds: number, result: T]> {
  const start = performance.now()
  const result = await work()
  return [(performance.now() - start) / 1000, result]
}

function faultOf({ outputs }: Measured, { outputs: expected }: Measured, tolerance: number): string | null {
  for (const [name, right] of expected) {
    const error = relativeError(outputs.get(name), right)
    const what = name === 'attended' ? 'attention' : 'a small network'
    if (!Number.isFinite(error)) return `it computes ${what} wrongly: some of it is no number`
    if (error > tolerance) return `it computes ${what} wrongly (off by ${(100 * error).toFixed(1)} %)`
  }
  return null
}

function relativeError(actual: Tensor | undefined, expected: Tensor): number {
  let largest = 0
  let difference = 0
  expected.data.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value))
    difference = Math.max(difference, Math.abs(value - (actual?.data[i] ?? NaN)))
  })
  return difference / largest
}

const REASON = 160

/** The end of what the native part reports; its beginning names source files. */
export function reasonOf(error: unknown): string {
  const native = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const text = (native instanceof Error ? native.message : String(native))
    .replaceAll(/\s+/g, ' ')
    .replace(/^.* was false\. /, '')
    .trim()
  return text.length > REASON ? `…${text.slice(-REASON)}` : text
}
