import { AppError } from '../errors.ts'
import { createGraph, type Graph, type Target } from '../graph/graph.ts'
import { openNetwork } from '../graph/scope.ts'
import { attention } from '../nn/attention.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Provider } from './session-options.ts'
import { hasCudaLibrary, knownProviders, openSession } from './session.ts'

export type DeviceChoice = 'auto' | Provider

export interface Device {
  readonly provider: Provider
  readonly target: Target
}

const CPU: Device = { provider: 'cpu', target: { attention: 'fused', gathersHalf: true, channelMultiple: 1 } }

/**
 * Opens the device that a person asked for and has it prove itself on a small attention.
 * @throws AppError 'device-unavailable'
 */
export async function openDevice(choice: DeviceChoice): Promise<Device> {
  if (choice === 'cpu') return CPU
  if (choice !== 'auto') return openAccelerator(choice)
  // CUDA's provider is installed by hand, so where it opens there is a real GPU. WebGPU may be a slow imitation in software.
  return hasCudaLibrary() ? openAccelerator('cuda').catch(() => CPU) : CPU
}

async function openAccelerator(provider: Exclude<Provider, 'cpu'>): Promise<Device> {
  if (!knownProviders().includes(provider))
    throw unavailable(provider, 'this build of onnxruntime does not have it')
  const expected = await probe('cpu', 'plain')
  const plain = await probe(provider, 'plain').catch((error: unknown) => {
    throw unavailable(provider, `onnxruntime says “${reasonOf(error)}”`, error)
  })
  const error = relativeError(plain, expected)
  if (error > TOLERANCE)
    throw unavailable(provider, `it computes wrongly (off by ${(100 * error).toFixed(2)} %)`)
  // The fused operator is silently wrong on GPUs with small subgroups.
  const fused = await probe(provider, 'fused').catch(() => null)
  const right = fused !== null && relativeError(fused, expected) <= TOLERANCE
  return {
    provider,
    target: { attention: right ? 'fused' : 'plain', gathersHalf: false, channelMultiple: 4 }
  }
}

/** The end of what the native part reports; its beginning names source files. */
function reasonOf(error: unknown): string {
  const native = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const text = native instanceof Error ? native.message.trim() : String(native)
  return text.length > REASON ? `…${text.slice(-REASON)}` : text
}

const REASON = 160

const unavailable = (provider: Provider, reason: string, cause?: unknown): AppError =>
  new AppError('device-unavailable', {
    message: `The device ${provider} cannot be used here: ${reason}.`,
    hint: 'Start with --device cpu, or install the driver of the GPU.',
    cause
  })

/** A device may round to half of float32's digits inside its matrix units; a broken kernel is off by percents. */
const TOLERANCE = 1e-3

const TOKENS = 64
const HEADS = 2
const WIDTH = 80

async function probe(provider: Provider, kind: Target['attention']): Promise<Tensor> {
  const session = await openSession(attentionGraph(kind), { provider, mode: 'turbo' })
  try {
    const dims = [1, TOKENS, WIDTH]
    const wave = (step: number): Tensor => ({
      data: Float32Array.from({ length: TOKENS * WIDTH }, (_, i) => 2 * Math.sin(i * step)),
      dims
    })
    const outputs = await session.run({ q: wave(0.37), k: wave(0.73), v: wave(1.19) })
    const y = outputs.get('y')
    if (y === undefined) throw new Error('Bug: the probe has no output')
    return y
  } finally {
    await session.release()
  }
}

function attentionGraph(kind: Target['attention']): Graph {
  const graph = createGraph({ attention: kind, gathersHalf: true, channelMultiple: 1 })
  const { m } = openNetwork(graph, { names: [], get: () => undefined }, 'probe')
  const [q, k, v] = [probeInput(graph, 'q'), probeInput(graph, 'k'), probeInput(graph, 'v')]
  graph.output('y', attention(m, q, k, v, { heads: HEADS }))
  return graph
}

const probeInput = (graph: Graph, name: string) => graph.input(name, 'f32', [1, TOKENS, WIDTH])

function relativeError(actual: Tensor, expected: Tensor): number {
  let largest = 0
  let difference = 0
  expected.data.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value))
    difference = Math.max(difference, Math.abs(value - (actual.data[i] ?? NaN)))
  })
  return Number.isNaN(difference) ? Infinity : difference / largest
}
