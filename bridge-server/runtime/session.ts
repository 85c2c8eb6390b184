import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import { env, InferenceSession, listSupportedBackends, Tensor as OrtTensor } from 'onnxruntime-node'

import { AppError } from '../errors.ts'
import { encodeGraph } from '../graph/encode.ts'
import type { BuiltGraph } from '../graph/graph.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Mode, type Provider, sessionOptions } from './session-options.ts'

/** What goes into a session: numbers, or the ids of tokens. */
export type Feed = Tensor | { readonly data: BigInt64Array; readonly dims: readonly number[] }

/** A graph that is ready to run. Both `openSession` and `run` hold the thread for as long as they take. */
export interface Session {
  /** Inputs by name → outputs by name, in memory of their own. */
  run(feeds: Readonly<Record<string, Feed>>): Promise<ReadonlyMap<string, Tensor>>
  /** Gives all memory back; the session must not be used again. */
  release(): Promise<void>
}

export interface SessionTarget {
  readonly provider: Provider
  readonly mode: Mode
}

/** Providers that this build of onnxruntime knows; whether their hardware is there shows only when one is opened. */
export const knownProviders = (): readonly string[] => listSupportedBackends().map(({ name }) => name)

export const onnxruntimeVersion = (): string => env.versions.node ?? env.versions.common

/** The file of CUDA's provider, where someone put it beside onnxruntime; the package that npm installs comes without it. */
export function cudaLibrary(): string | null {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node')
  const folder = path.join(path.dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch)
  const files = ['libonnxruntime_providers_cuda.so', 'onnxruntime_providers_cuda.dll'].map((name) =>
    path.join(folder, name)
  )
  return files.find((file) => existsSync(file)) ?? null
}

export const hasCudaLibrary = (): boolean => cudaLibrary() !== null

/**
 * Opens a session over weights that stay where they are.
 * @throws AppError 'model-unreadable' when a file is shorter than its header says (a mapped file that ends early kills the
 *   process), 'model-incomplete' when onnxruntime refuses the graph, 'out-of-memory'.
 */
export async function openSession(graph: BuiltGraph, { provider, mode }: SessionTarget): Promise<Session> {
  checkFiles(graph)
  const options = sessionOptions({ provider, mode, root: rootOf(graph), rareTypes: hasRareTypes(graph) })
  try {
    return wrap(await InferenceSession.create(encodeGraph(graph), options))
  } catch (error) {
    throw refusal(error)
  }
}

function wrap(session: InferenceSession): Session {
  return {
    async run(feeds) {
      const inputs = Object.entries(feeds).map(([name, { data, dims }]) => {
        const tensor =
          data instanceof Float32Array
            ? new OrtTensor('float32', data, dims)
            : new OrtTensor('int64', data, dims)
        return [name, tensor] as const
      })
      try {
        const outputs = await session.run(Object.fromEntries(inputs))
        return new Map(Object.entries(outputs).map(([name, value]) => [name, toTensor(name, value)]))
      } catch (error) {
        throw isAllocation(error) ? outOfMemory(error) : error
      }
    },
    release: () => session.release()
  }
}

function toTensor(name: string, { data, dims }: OrtTensor): Tensor {
  if (!(data instanceof Float32Array)) throw new Error(`Bug: output ${name} is not float32`)
  return { data, dims }
}

function checkFiles(graph: BuiltGraph): void {
  const ends = new Map<string, number>()
  for (const { weight } of graph.externals)
    ends.set(weight.file, Math.max(ends.get(weight.file) ?? 0, weight.offset + weight.length))
  for (const [file, end] of ends) {
    const found = statSync(file, { throwIfNoEntry: false })?.size ?? 0
    if (found < end)
      throw new AppError('model-unreadable', {
        message: `${path.basename(file)} holds ${found} bytes, but its weights need ${end}.`,
        hint: 'The file was cut off or changed; copy or download it again.'
      })
  }
}

/** External data must lie below one folder, which is why a model cannot be spread over several drives of Windows. */
function rootOf(graph: BuiltGraph): string | null {
  const roots = [...new Set(graph.externals.map(({ weight }) => path.parse(weight.file).root))]
  const [root, other] = roots
  if (other !== undefined)
    throw new AppError('model-unsupported', {
      message: `The files of this model lie on several drives: ${roots.join(', ')}.`,
      hint: 'Put them on one drive.'
    })
  return root ?? null
}

const hasRareTypes = (graph: BuiltGraph): boolean =>
  graph.externals.some(({ weight }) => weight.dtype !== 'f32' && weight.dtype !== 'f16')

const isAllocation = (error: unknown): boolean =>
  error instanceof Error &&
  /bad_alloc|allocate|out of memory|outofmemory|device lost|max(imum)? buffer size/i.test(error.message)

const outOfMemory = (cause: unknown): AppError =>
  new AppError('out-of-memory', {
    message: 'There was not enough memory to run the model.',
    hint: 'Close other programs, or choose a smaller picture or fewer variations.',
    cause
  })

function refusal(error: unknown): AppError {
  if (isAllocation(error)) return outOfMemory(error)
  const text = error instanceof Error ? error.message : String(error)
  return new AppError('model-incomplete', {
    message: `The network of this model does not fit together: ${text.slice(0, 300)}`,
    hint: 'The file may be damaged; download it again or choose another model.',
    cause: error
  })
}
