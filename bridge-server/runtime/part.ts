import { AppError, assert } from '../errors.ts'
import type { BuiltGraph, Edges, Graph, Target } from '../graph/graph.ts'
import { elementCount } from '../graph/shape.ts'
import type { Precision } from '../protocol/compute.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cpu, type Device } from './device.ts'
import { inHalf, type HalfPolicy } from './half-precision.ts'
import type { Holder, MemoryBudget } from './memory.ts'
import type { Mode } from './session-options.ts'
import { openSession, type Feed, type Session } from './session.ts'

/** What the parts of a model share, with each other and with other models' parts. */
export interface Runtime {
  /** The model that the parts belong to. */
  readonly owner: string
  readonly device: Device
  readonly budget: MemoryBudget
  /** Undefined: chosen for each part by its size and the memory there is. */
  readonly mode: Mode | undefined
  /** What convolutions see beyond a picture's edges; left out, zeros. */
  readonly edges?: Edges
  /** How sessions are opened; left out, with onnxruntime. */
  readonly open?: typeof openSession
}

/** A network as messages and the status page know it. */
export interface NetworkKind {
  readonly name: string
  /** What stays float32 where it computes in half precision; null: all of it does. */
  readonly half: HalfPolicy | null
}

/** Numbers by the names of the tensors. */
export type HeldTensors = ReadonlyMap<string, Float32Array>

/** One network of a model. Its session is opened at the first run, and again after the budget took it away. */
export interface Part {
  /** Bytes that its session will hold, with what is held for it and without the activations of a run. */
  weightBytes(): number
  /** Whether a run that needs `activationBytes` fits in all the memory there is. */
  fits(activationBytes: number): boolean
  /**
   * Runs are done one after the other. Those who call have seen that theirs fits. `held` has the tensors that the graph wants
   * held in memory; they are their owner's, in the budget too.
   */
  run(
    feeds: Readonly<Record<string, Feed>>,
    activationBytes: number,
    held?: HeldTensors
  ): Promise<ReadonlyMap<string, Tensor>>
}

/** Where a network computes; it leaves half precision, and a device, when they fail it. */
interface Place {
  readonly device: Device
  readonly half: boolean
  /** Why it is not where the others are. */
  readonly reason: string | null
}

export function createPart(
  build: (target: Target) => Graph,
  { name, half }: NetworkKind,
  { owner, device, budget, mode: wished, edges = 'zeros', open = openSession }: Runtime
): Part {
  let place: Place = { device, half: device.half && half !== null, reason: null }
  let graph: BuiltGraph | null = null
  let session: Session | null = null
  let held = 0
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }

  const built = (): BuiltGraph => (graph ??= graphAt(place, (target) => build({ ...target, edges }), half))
  const plan = (): Plan => planOf(built(), place, budget.total, wished)

  const close = async (): Promise<void> => {
    const closing = session
    session = null
    held = 0
    await closing?.release()
  }

  const move = async (to: Place): Promise<void> => {
    await close()
    place = to
    graph = null
  }

  const holder: Holder = {
    owner,
    get held() {
      return held
    },
    get busy() {
      return waiting > 0
    },
    get open() {
      return session === null ? null : { network: name, ...whereabouts(place) }
    },
    release: () => inTurn(close)
  }

  const attempt: Part['run'] = async (feeds, activationBytes, tensors) => {
    await budget.makeRoom(holder, plan().bytes + activationBytes)
    session ??= await open(built(), { provider: place.device.provider, mode: plan().mode })
    // onnxruntime's arena keeps the largest activations it ever had.
    held = Math.max(held, plan().bytes + activationBytes)
    return session.run({ ...feeds, ...heldFeeds(built(), tensors) })
  }

  const run: Part['run'] = async (feeds, activationBytes, tensors) => {
    try {
      const outputs = await attempt(feeds, activationBytes, tensors)
      if (!place.half || isFinite(outputs)) return outputs
      await move({ ...place, half: false, reason: 'its numbers grow too large for half precision' })
    } catch (error) {
      if (place.device.provider === 'cpu' || !isOutOfMemory(error)) throw error
      await close()
      // A device's memory is not counted: all that others hold of it goes before this network does.
      if (!(await budget.releaseOthers(holder)))
        await move({
          device: cpu,
          half: false,
          reason: `${place.device.provider} has too little memory for it`
        })
    }
    return run(feeds, activationBytes, tensors)
  }

  return {
    weightBytes: () => plan().bytes + heldBytes(built()),
    fits: (activationBytes) => plan().bytes + heldBytes(built()) + activationBytes <= budget.total,
    async run(feeds, activationBytes, tensors) {
      waiting++
      try {
        return await inTurn(() => run(feeds, activationBytes, tensors))
      } finally {
        waiting--
      }
    }
  }
}

interface Whereabouts {
  readonly device: string
  readonly precision: Precision
  readonly reason: string | null
}

const whereabouts = ({ device, half, reason }: Place): Whereabouts => ({
  device: device.provider,
  precision: half ? 'fp16' : 'fp32',
  reason
})

function graphAt(
  { device, half }: Place,
  build: (target: Target) => Graph,
  policy: HalfPolicy | null
): BuiltGraph {
  const full = build(device.target)
  return half && policy !== null ? inHalf(full, policy) : full
}

interface Plan {
  readonly mode: Mode
  /** What the session will hold. */
  readonly bytes: number
}

function planOf(graph: BuiltGraph, { half }: Place, total: number, wished: Mode | undefined): Plan {
  const floats = floatBytes(graph)
  // Weights in half precision are used as they lie in the file.
  const mode = wished ?? (half ? 'instant' : chooseMode(floats, total - heldBytes(graph)))
  return { mode, bytes: half ? HALF_BYTES * floats : sessionBytes(mode, floats) }
}

const isOutOfMemory = (error: unknown): boolean => error instanceof AppError && error.code === 'out-of-memory'

const isFinite = (outputs: ReadonlyMap<string, Tensor>): boolean =>
  [...outputs.values()].every(({ data }) => data.every(Number.isFinite))

/** The output of that name; every graph of ours has it. */
export function output(outputs: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const found = outputs.get(name)
  assert(found !== undefined, `the graph has no output ${name}`)
  return found
}

/** Parts of one tensor lie in the same memory. */
const heldBytes = ({ held }: BuiltGraph): number =>
  held.reduce((sum, { span: [first, end] }) => sum + Float32Array.BYTES_PER_ELEMENT * (end - first), 0)

function heldFeeds({ held }: BuiltGraph, tensors: HeldTensors = new Map()): Readonly<Record<string, Tensor>> {
  return Object.fromEntries(
    held.map(({ name, of, span, dims }) => {
      const whole = tensors.get(of)
      assert(whole !== undefined, `nobody holds ${of}`)
      return [name, { data: whole.subarray(...span), dims }]
    })
  )
}

/** Bytes of the weights as float32. */
const floatBytes = (graph: BuiltGraph): number =>
  graph.externals.reduce((sum, { weight }) => sum + 4 * elementCount(weight.shape), 0)

/** Up to here the slowest preparation takes well under a second. */
const SMALL = 2 ** 29

/**
 * By size and memory alone, never by how often a model was used: modes differ in the last bits, and the same request must give
 * the same pixels again.
 */
export function chooseMode(floatBytes: number, memoryBytes: number): Mode {
  if (floatBytes <= SMALL && 4 * floatBytes <= memoryBytes) return 'turbo'
  return 2 * floatBytes <= memoryBytes ? 'medium' : 'instant'
}

/** Of their float32 size, on a device; on the CPU they are mapped. */
const HALF_BYTES = 0.5

/** Measured on SD 1.5: packing keeps a third more than the float32 copy; casts at every run hold the largest few weights. */
export function sessionBytes(mode: Mode, floatBytes: number): number {
  if (mode === 'turbo') return 1.35 * floatBytes
  return mode === 'medium' ? 1.15 * floatBytes : 0.35 * floatBytes
}
